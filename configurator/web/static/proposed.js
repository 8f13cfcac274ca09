// What an editor kept of this text is not needed any more: it has arrived.
const sent = sessionStorage.getItem("family sent");
if (sent) {
  localStorage.removeItem(sent);
  sessionStorage.removeItem("family sent");
}
