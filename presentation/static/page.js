// What every page runs: fragments, live changes, and what is said of requests.

import "./vendor/htmx.min.js";
import "./live.js";
import "./requests.js";
