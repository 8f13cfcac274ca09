// How an open page hears that something changed.
//
// An element with data-live="<event stream>" gets the DOM event "live" for every server-sent event, so that
// hx-trigger="live" fetches it anew. One stream a visible tab and address; when the server has no stream to give,
// the same DOM event comes every two seconds instead.

const POLL_MS = 2000;
const RETRY_MS = 5000;
const open = new Map();

const listeners = (address) => [...document.querySelectorAll('[data-live]')].filter((each) => each.dataset.live === address);

function tell(address, name) {
  for (const element of listeners(address)) {
    element.dispatchEvent(new CustomEvent('live', { bubbles: false, detail: { name } }));
  }
}

function connect(address) {
  const source = new EventSource(address);
  const line = { source, poll: 0, retry: 0 };
  open.set(address, line);
  source.addEventListener('changed', () => tell(address, 'changed'));
  source.onopen = () => {
    setState(address, 'open');
    tell(address, 'open'); // whatever changed between the page and the stream
  };
  source.onerror = () => {
    if (source.readyState !== EventSource.CLOSED) return;
    setState(address, 'polling');
    line.poll = setInterval(() => tell(address, 'poll'), POLL_MS);
    line.retry = setTimeout(() => { close(address); connect(address); }, RETRY_MS);
  };
}

function close(address) {
  const line = open.get(address);
  if (!line) return;
  line.source.close();
  clearInterval(line.poll);
  clearTimeout(line.retry);
  open.delete(address);
}

function setState(address, state) {
  for (const element of listeners(address)) element.dataset.liveState = state;
}

function adjust() {
  const wanted = document.hidden ? new Set() : new Set([...document.querySelectorAll('[data-live]')].map((each) => each.dataset.live));
  for (const address of [...open.keys()]) if (!wanted.has(address)) close(address);
  for (const address of wanted) if (!open.has(address)) connect(address);
}

// What was fetched for an element that listens no more, since a refusal stands there by now, is not put over it.
document.addEventListener('htmx:before:swap', (event) => {
  const { sourceEvent, sourceElement } = event.detail.ctx;
  if (sourceEvent?.type === 'live' && !sourceElement.dataset.live) event.preventDefault();
});

document.addEventListener('visibilitychange', () => {
  adjust();
  if (!document.hidden) for (const address of open.keys()) tell(address, 'shown');
});
document.addEventListener('htmx:after:swap', adjust);
window.addEventListener('pagehide', () => { for (const address of [...open.keys()]) close(address); });
window.addEventListener('pageshow', adjust);
adjust();
