// The teacher's board: everybody in a table, asked for every two seconds while somebody looks at it.

import { $, make } from "./elements.js";
import { ask, copyTextOf, setText } from "./parts.js";
import { renderRequests } from "./request_view.js";

const BEAT_MS = 2_000;
const HERE_MS = 60_000; // a learner's course asks for texts at least twice a minute
const SAID_MS = 20_000;
const KEPT = "teacher-key";
const HIDDEN = "hide-names";

// The link carries the key behind #, which no browser sends: it goes into this tab's storage, and out of sight.
function teacherKey() {
  const found = /^#key=(.+)$/.exec(location.hash);
  if (found) {
    sessionStorage.setItem(KEPT, decodeURIComponent(found[1]));
    history.replaceState(null, "", location.pathname);
  }
  return sessionStorage.getItem(KEPT);
}

let key = teacherKey();
let board = null;
let sort = { by: "name", down: false };
let open = null; // the seat whose requests are shown
let openSeen = "";

const call = (method, path = "", body) => ask(method, `class/board${path}`, { body, authorization: `Bearer ${key}` });
const hidesNames = () => sessionStorage.getItem(HIDDEN) === "yes";
const nameOf = (seat) => (hidesNames() ? `Seat ${seat.id}` : seat.name);
const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;

// --- words ---------------------------------------------------------------------------------------------------------------

function seenInWords({ last_seen_ms }) {
  if (last_seen_ms === null) return "not yet";
  const ago = board.now_ms - last_seen_ms;
  if (ago < HERE_MS) return "now";
  const minutes = Math.floor(ago / 60_000);
  if (minutes < 120) return `${minutes} min ago`;
  return minutes < 48 * 60 ? `${Math.floor(minutes / 60)} h ago` : `${Math.floor(minutes / 1440)} days ago`;
}

function passedInWords({ passed }) {
  const total = board.exercises.length;
  return total ? `${passed.length} of ${total}` : `${passed.length} passed`;
}

function nextInWords({ next, passed }) {
  if (next === null) return board.exercises.length && passed.length ? "all done" : "";
  const exercise = board.exercises.find(({ id }) => id === next);
  return `next ${next} ${exercise?.title ?? ""}`.trim();
}

function faultInWords({ kind, times, seconds, seats_left }) {
  const { words } = board.fault_kinds.find((each) => each.kind === kind);
  const late = seconds ? ` (${seconds} s)` : "";
  if (times === null) return `${words}${late}, until you mend it`;
  return `${words}${late}, still to come for ${plural(seats_left, "seat")}`;
}

let saying = 0;

function say(words, { bad = false } = {}) {
  clearTimeout(saying);
  setText($("said"), words);
  $("said").classList.toggle("problem", bad);
  if (!bad) saying = setTimeout(() => setText($("said"), ""), SAID_MS);
}

// --- the table -------------------------------------------------------------------------------------------------------------

const ORDERS = {
  name: (one, other) => nameOf(one).localeCompare(nameOf(other), undefined, { numeric: true }),
  progress: (one, other) => one.passed.length - other.passed.length,
  sent: (one, other) => one.sent - other.sent,
  verified: (one, other) => one.verified - other.verified,
  refused: (one, other) => one.refused - other.refused,
  seen: (one, other) => (one.last_seen_ms ?? 0) - (other.last_seen_ms ?? 0),
};

const COUNTS = ["sent", "verified", "refused"]; // the most of them first

function inOrder(seats) {
  const order = ORDERS[sort.by];
  return [...seats].sort((one, other) => (sort.down ? -1 : 1) * order(one, other) || one.id - other.id);
}

function makeRow(id) {
  const button = make("button", { type: "button", class: "name" });
  button.addEventListener("click", () => openSeat(id));
  const bar = make("progress", { "aria-hidden": "true" });
  const where = [bar, make("span", { class: "passed" }), " ", make("span", { class: "next" })];
  const row = make("tr", {}, make("th", { scope: "row" }, button), make("td", { class: "where" }, ...where));
  for (const kind of ["sent", "verified", "refused"]) row.append(make("td", { class: `count ${kind}` }));
  row.append(make("td", { class: "seen" }));
  row.dataset.id = id;
  return row;
}

function fillRow(row, seat) {
  const [name, where, sent, verified, refused, seen] = row.cells;
  setText(name.firstChild, nameOf(seat));
  name.firstChild.title = nameOf(seat);
  const [bar, passed, next] = where.children;
  bar.max = board.exercises.length || 1;
  bar.value = board.exercises.length ? seat.passed.length : 0;
  bar.hidden = board.exercises.length === 0;
  setText(passed, passedInWords(seat));
  setText(next, nextInWords(seat));
  setText(sent, String(seat.sent));
  setText(verified, String(seat.verified));
  setText(refused, String(seat.refused));
  setText(seen, seenInWords(seat));
  row.classList.toggle("away", seenInWords(seat) !== "now");
}

function drawTable() {
  const rows = new Map([...$("rows").children].map((row) => [Number(row.dataset.id), row]));
  const focused = document.activeElement;
  const wanted = inOrder(board.seats).map((seat) => {
    const row = rows.get(seat.id) ?? makeRow(seat.id);
    fillRow(row, seat);
    return row;
  });
  const there = [...$("rows").children];
  if (wanted.length !== there.length || wanted.some((row, place) => row !== there[place])) {
    $("rows").replaceChildren(...wanted);
    if (focused?.isConnected && focused !== document.activeElement) focused.focus({ preventScroll: true });
  }
  $("seats").hidden = board.seats.length === 0;
  $("nobody").hidden = board.seats.length > 0;
  for (const button of document.querySelectorAll("[data-sort]")) {
    const own = button.dataset.sort === sort.by;
    if (own) button.parentElement.ariaSort = sort.down ? "descending" : "ascending";
    else button.parentElement.removeAttribute("aria-sort");
  }
}

for (const button of document.querySelectorAll("[data-sort]")) {
  button.addEventListener("click", () => {
    const by = button.dataset.sort;
    sort = { by, down: sort.by === by ? !sort.down : COUNTS.includes(by) };
    drawTable();
  });
}

// --- what holds for everybody ----------------------------------------------------------------------------------------------

function drawRoom() {
  setText($("class-name"), board.name || "Class");
  document.title = `${board.name || "Class"} · board`;
  const [first, ...others] = board.join_addresses.length ? board.join_addresses : [location.origin];
  setText($("address"), first);
  setText($("code"), board.code);
  setText($("others"), others.length ? `or ${others.join(", ")}` : "");
  setText($("pause"), board.paused ? "Go on" : "Pause all");
  drawFaultMenu();
  // Folded: the board may be on the wall while the room is asked what is broken.
  const broken = board.faults.map(faultInWords).join("; ");
  $("broken").hidden = $("mend").hidden = !broken;
  setText($("broken-what"), broken ? `${broken}.` : "");
  $("not-kept").hidden = !board.not_kept;
  setText($("not-kept"), board.not_kept && `The class cannot be written down (${board.not_kept}): it would be forgotten at the next start.`);
  const count = `${plural(board.seats.length, "seat")} of ${board.most_seats}`;
  tell(board.paused ? "paused" : "open", board.paused ? `Paused · ${count}` : `Open · ${count}`);
}

function drawFaultMenu() {
  if ($("kind").options.length) return;
  $("kind").append(...board.fault_kinds.map(({ kind, words }) => make("option", { value: kind }, words)));
  showLate();
}

function showLate() {
  $("late").hidden = $("kind").value !== "latency";
}

function tell(state, words) {
  $("state").dataset.state = state;
  setText($("state"), words);
}

// Do something for a click, say what came of it, and draw the board anew at once.
async function attempt(action, words) {
  try {
    await action();
    say(words);
    await refresh();
    return true;
  } catch (problem) {
    say(problem.message, { bad: true });
    return false;
  }
}

$("pause").addEventListener("click", () => {
  const paused = !board.paused;
  attempt(() => call("POST", "/pause", { paused }), paused ? "Paused: nothing is taken until you go on." : "The class goes on.");
});

$("break").addEventListener("submit", (event) => {
  event.preventDefault();
  const kind = $("kind").value;
  const fault = { kind, times: $("times").value ? Number($("times").value) : null };
  if (kind === "latency") fault.seconds = Number($("seconds").value);
  attempt(() => call("POST", "/faults", fault), "Broken for everyone.");
});

$("kind").addEventListener("change", showLate);
$("mend").addEventListener("click", async () => {
  await attempt(() => call("DELETE", "/faults"), "Mended.");
  $("pause").focus(); // the button that was pressed is gone
});
$("copy").addEventListener("click", () => copyTextOf($("address"), $("copied")));
$("hide").checked = hidesNames();
$("hide").addEventListener("change", () => {
  sessionStorage.setItem(HIDDEN, $("hide").checked ? "yes" : "no");
  drawTable();
});

// --- being sure --------------------------------------------------------------------------------------------------------------

function isSure({ title, words, yes, progress }) {
  const dialog = $("sure");
  setText($("sure-title"), title);
  setText($("sure-words"), words);
  setText($("sure-yes"), yes);
  $("sure-progress").checked = false;
  $("sure-progress-row").hidden = !progress;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

async function reset(seat) {
  const sure = await isSure({
    title: seat ? `Reset ${nameOf(seat)}?` : "Reset everybody?",
    words: seat
      ? "All messages and requests of this seat go, and its counts begin at 0. Nobody has to join again."
      : "All messages and requests of the whole class go, all counts begin at 0, and nothing is broken any more. Nobody has to join again.",
    yes: "Reset",
    progress: true,
  });
  if (!sure) return;
  const wanted = { seat: seat ? seat.id : null, progress: $("sure-progress").checked };
  await attempt(() => call("POST", "/reset", wanted), seat ? "The seat was reset." : "Everybody was reset.");
}

$("reset").addEventListener("click", () => reset(null));

// --- one seat ------------------------------------------------------------------------------------------------------------------

const seatOf = (id) => board.seats.find((seat) => seat.id === id);

async function openSeat(id) {
  open = id;
  openSeen = "";
  drawSeat();
  $("seat").showModal();
  await drawRequests();
}

function drawSeat() {
  const seat = seatOf(open);
  if (!seat) {
    $("seat").close();
    return;
  }
  setText($("seat-name"), nameOf(seat));
  const counts = [`${seat.sent} sent`, `${seat.verified} verified`, `${seat.refused} refused`];
  setText($("seat-facts"), [...counts, `last seen ${seenInWords(seat)}`, nextInWords(seat)].filter(Boolean).join(" · "));
  setText($("seat-passed"), seat.passed.length ? `Passed: ${seat.passed.join(", ")}` : "No exercise passed yet.");
}

async function drawRequests() {
  const seat = seatOf(open);
  const seen = JSON.stringify([open, seat?.sent, seat?.refused, seat?.last_seen_ms]);
  if (!seat || seen === openSeen) return; // nothing was asked since
  const asked = open;
  const { requests } = await call("GET", `/${asked}/requests`);
  if (open !== asked) return;
  openSeen = seen;
  const exchanges = requests.map(({ view, fault }, place) => ({
    ...view,
    number: place + 1,
    error: [view.error, fault && `Broken on request: ${fault}`].filter(Boolean).join(" "),
  }));
  const data = { title: "Requests", folded: false, summary: "", empty: "No requests yet.", count: exchanges.length, exchanges };
  renderRequests($("seat-requests"), data);
}

$("seat-close").addEventListener("click", () => $("seat").close());
$("seat").addEventListener("close", () => {
  open = null;
  $("seat-requests").replaceWith(make("div", { id: "seat-requests", class: "tf-exchange-host" }));
});
$("seat-reset").addEventListener("click", () => reset(seatOf(open)));
$("seat-remove").addEventListener("click", async () => {
  const seat = seatOf(open);
  const words = "Its class address opens nothing any more, and its messages and progress are gone. Whoever sits there has to join again.";
  if (!(await isSure({ title: `Take ${nameOf(seat)} away?`, words, yes: "Take it away", progress: false }))) return;
  if (await attempt(() => call("DELETE", `/${seat.id}`), "The seat is gone.")) $("seat").close();
});

// --- asking ----------------------------------------------------------------------------------------------------------------------

async function refresh() {
  board = await call("GET");
  $("all").hidden = $("how").hidden = false;
  $("locked").hidden = true;
  drawRoom();
  drawTable();
  if (open !== null) {
    drawSeat();
    await drawRequests();
  }
}

function lock() {
  sessionStorage.removeItem(KEPT);
  key = null;
  $("all").hidden = $("how").hidden = true;
  $("locked").hidden = false;
  tell("lost", "Locked");
}

let timer = 0;

async function beat() {
  clearTimeout(timer);
  if (document.hidden || key === null) return;
  try {
    await refresh();
  } catch (problem) {
    if (problem.status === 401) return lock();
    tell("lost", problem.status ? problem.message : "The class does not answer. Is it still running? Trying again.");
  }
  clearTimeout(timer);
  timer = setTimeout(beat, BEAT_MS);
}

document.addEventListener("visibilitychange", beat);
window.addEventListener("hashchange", () => {
  key = teacherKey();
  beat();
});
if (key === null) lock();
else beat();
