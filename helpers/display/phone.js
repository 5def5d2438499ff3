// A phone with its texts. A page calls renderPhone(el, data) with the data of display/phone.py; JupyterLab uses the
// default export below. Texts come from outside: they are only ever set as text, never as HTML.

const NO_ANSWER_AFTER_MS = 10_000;
const NO_ANSWER = "No answer from the kernel. If it was restarted, run this cell again.";
const KERNEL_GONE = "The kernel was restarted. Run this cell again.";
const DISCONNECTED = ".jupyter-widgets-disconnected"; // ipywidgets marks so what has lost its kernel

function make(tag, className, ...children) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

function makeButton(className, words) {
  const button = make("button", className, words);
  button.type = "button";
  return button;
}

function makeIcons() {
  const signal = make("span", "tf-phone-signal", make("i", ""), make("i", ""), make("i", ""), make("i", ""));
  const icons = make("span", "tf-phone-icons", signal, make("span", "tf-phone-battery"));
  icons.ariaHidden = "true";
  return icons;
}

function makeLog() {
  const list = make("ol", "tf-texts");
  list.setAttribute("role", "list"); // some readers drop the role of a list without marks
  const log = make("div", "tf-log", list);
  log.setAttribute("role", "log");
  log.setAttribute("aria-label", "Texts on this phone");
  return { log, list };
}

function makePhone(live) {
  const parts = {
    time: make("span", "tf-phone-time"),
    number: make("strong", ""),
    badge: make("span", "tf-badge"),
    count: make("span", "tf-phone-count"),
    empty: make("div", "tf-phone-empty", make("span", "tf-phone-bubble"), make("p", "")),
    underWay: make("p", "tf-under-way"),
    said: make("p", "tf-phone-said"),
    ...makeLog(),
  };
  parts.badge.dataset.mode = live ? "live" : "practice";
  parts.badge.textContent = live ? "LIVE" : "Practice";
  parts.empty.firstChild.ariaHidden = "true";
  for (const status of [parts.underWay, parts.said]) status.setAttribute("role", "status");
  const status = make("div", "tf-phone-status", parts.time, makeIcons());
  const whose = make("div", "", make("small", "", live ? "Texts go to" : "Messages for"), parts.number);
  const head = make("div", "tf-phone-head", whose, make("div", "tf-phone-marks", parts.badge, parts.count));
  parts.home = make("div", "tf-phone-home");
  parts.screen = make("div", "tf-phone-screen", status, head, parts.empty, parts.log, parts.underWay, parts.said, parts.home);
  parts.root = make("section", "tf tf-phone", parts.screen);
  parts.root.dataset.mode = parts.badge.dataset.mode;
  parts.root.dataset.lmSuppressShortcuts = "true"; // the list of texts takes focus: "dd" there must delete no cell
  parts.root.addEventListener("keydown", (event) => event.stopPropagation());
  // What has been looked at is no longer new: a hand on the phone is a look.
  for (const event of ["pointermove", "pointerdown", "focusin", "keydown"]) {
    parts.root.addEventListener(event, () => markAsRead(parts));
  }
  return parts;
}

// --- what is new -------------------------------------------------------------------------------------------------------

function markAsRead(parts) {
  if (parts.count.hidden) return;
  for (const item of parts.list.querySelectorAll(".tf-new")) item.classList.remove("tf-new");
  countNew(parts);
}

function countNew(parts) {
  const count = parts.list.getElementsByClassName("tf-new").length;
  parts.count.hidden = !count;
  parts.count.textContent = count ? `${count} new` : "";
}

// --- one text ----------------------------------------------------------------------------------------------------------

// Read aloud, six digits in a row are a number of hundreds of thousands: an unseen copy has them one by one.
function makeCode(code) {
  const visible = make("b", "", code);
  visible.dataset.code = code;
  visible.ariaHidden = "true";
  return [visible, make("span", "tf-unseen tf-spoken", [...code].join(" "))];
}

function makeBody({ body, code }) {
  const paragraph = make("p", "tf-body");
  paragraph.dir = "auto";
  const pieces = code ? body.split(new RegExp(`(?<![0-9])${code}(?![0-9])`)) : [body];
  pieces.forEach((piece, index) => {
    if (index) paragraph.append(...makeCode(code));
    paragraph.append(piece);
  });
  return paragraph;
}

// Named, never fetched: what is behind the address is not the phone's to know.
function makeMedia(media) {
  return media.map((file) => make("p", "tf-media", make("bdi", "", file)));
}

function makeCopy(code, item, say) {
  const button = makeButton("tf-copy", "Copy code");
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(code);
      say("Code copied.");
    } catch { // a page that is neither on https nor on localhost has no clipboard
      const visible = item().querySelector("[data-code]");
      if (visible) getSelection().selectAllChildren(visible);
      say(visible ? "Code selected: copy it with the keyboard." : "It cannot be copied here.");
    }
  });
  return button;
}

// `mine` (a text that this phone sent) and `media` (names of files) may be missing.
function makeText(message, isNew, say) {
  const { id, sender, body, time, code, mine = false, media = [] } = message;
  const foot = make("div", "tf-foot", make("small", "", time), make("small", "tf-state"), make("small", "tf-new-mark", "New"));
  const bubble = make("div", "tf-text", ...makeMedia(media), ...(body ? [makeBody(message)] : []), foot);
  const item = make("li", mine ? "tf-mine" : isNew ? "tf-new" : "", make("small", "tf-sender", sender), bubble);
  if (code) foot.prepend(makeCopy(code, () => item, say));
  Object.assign(item.dataset, { id, sender });
  return item;
}

function showState(item, state = "") {
  const place = item.querySelector(".tf-state");
  if (place.textContent === state) return;
  place.textContent = state;
  item.dataset.state = state;
}

// Texts that stand there already stay as they are, so that a screen reader reads out only what has arrived.
function updateTexts({ list, log, say }, messages, firstTime) {
  const wanted = new Set(messages.map(({ id }) => id));
  const there = new Map([...list.children].map((item) => [item.dataset.id, item]));
  for (const [id, item] of there) if (!wanted.has(id)) item.remove();
  let previous = null;
  for (const message of messages) {
    const item = there.get(message.id) ?? makeText(message, !firstTime, say);
    const next = previous ? previous.nextSibling : list.firstChild;
    if (next !== item) list.insertBefore(item, next);
    // A sender is named once for a row of texts, as phones do.
    item.firstChild.hidden = previous?.dataset.sender === message.sender;
    showState(item, message.state);
    previous = item;
  }
  if (messages.some(({ id }) => !there.has(id))) log.scrollTop = log.scrollHeight;
}

// --- the whole ---------------------------------------------------------------------------------------------------------

function keepTime(parts) {
  const { data, since } = parts;
  const now = new Date(data.now_ms + Date.now() - since);
  const words = `${data.running ? now.toISOString().slice(11, 16) : data.time} UTC`;
  if (parts.time.textContent !== words) parts.time.textContent = words;
}

function setText(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

// Whoever looks at the newest text goes on looking at it when the room for the texts changes.
function keepToTheEnd(log) {
  let atEnd = true;
  log.addEventListener("scroll", () => (atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 4));
  new ResizeObserver(() => atEnd && log.scrollTo(0, log.scrollHeight)).observe(log);
}

function begin(el, live) {
  const parts = makePhone(live);
  parts.say = (words, { bad = false } = {}) => {
    parts.said.dataset.bad = bad;
    setText(parts.said, words);
  };
  phones.set(el, parts);
  el.append(parts.root);
  parts.ticking = setInterval(() => keepTime(parts), 1_000);
  keepToTheEnd(parts.log);
  return parts;
}

const phones = new WeakMap();

export function renderPhone(el, data) {
  const firstTime = !phones.has(el);
  const parts = phones.get(el) ?? begin(el, data.mode === "live");
  // `wall_ms` is when this was made: a page that is opened again later still shows the right time.
  Object.assign(parts, { data, since: data.wall_ms ?? Date.now() });
  parts.root.setAttribute("aria-label", `Phone ${data.number}`);
  setText(parts.number, data.number);
  keepTime(parts);
  parts.empty.hidden = data.messages.length > 0;
  setText(parts.empty.lastChild, data.empty);
  setText(parts.underWay, data.under_way ?? "");
  parts.log.tabIndex = data.messages.length ? 0 : -1;
  updateTexts(parts, data.messages, firstTime);
  countNew(parts);
  return () => clearInterval(parts.ticking);
}

// --- in JupyterLab: replies, and the kernel that may be gone -------------------------------------------------------------

function makeComposer() {
  const text = make("textarea", "");
  Object.assign(text, { rows: 1, placeholder: "Reply" });
  text.setAttribute("aria-label", "Reply");
  const button = make("button", "tf-send", "Send");
  const form = make("form", "tf-reply", text, button);
  form.noValidate = true;
  return { form, text, button };
}

function addComposer(model, parts) {
  const { form, text, button } = makeComposer();
  let waitingFor = null; // the name of the press that is at work
  let alarm;

  function setBusy(press) {
    waitingFor = press;
    clearTimeout(alarm);
    form.ariaBusy = button.ariaDisabled = String(press !== null);
    text.readOnly = press !== null;
    setText(button, press === null ? "Send" : "Sending…");
  }

  function giveUp(words) {
    setBusy(null);
    parts.say(words, { bad: true });
  }

  function send() {
    if (waitingFor !== null) return;
    const press = Math.random().toString(36).slice(2);
    try {
      model.send({ kind: "reply", intent: model.get("_answer").intent, press, body: text.value });
    } catch {
      giveUp(KERNEL_GONE); // JupyterLab has closed the line to the kernel
      return;
    }
    setBusy(press);
    parts.say("");
    alarm = setTimeout(giveUp, NO_ANSWER_AFTER_MS, NO_ANSWER);
  }

  function onAnswer() {
    const { press, state, words } = model.get("_answer");
    const hadFocus = form.contains(document.activeElement);
    if (press === waitingFor) {
      setBusy(null);
      if (state === "done") text.value = "";
      if (hadFocus) text.focus();
    }
    if (state !== "idle") parts.say(words, { bad: state === "refused" });
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    send();
  });
  model.on("change:_answer", onAnswer);
  parts.home.before(form);
  return { stop: () => (clearTimeout(alarm), model.off("change:_answer", onAnswer)), giveUp };
}

export default {
  render({ model, el }) {
    el.classList.add("tf-phone-host");
    const draw = () => renderPhone(el, model.get("_shown"));
    const stop = draw();
    const parts = phones.get(el);
    const composer = model.get("_shown").can_reply ? addComposer(model, parts) : null;
    const tellIfGone = () => {
      if (el.closest(DISCONNECTED)) (composer?.giveUp ?? ((words) => parts.say(words, { bad: true })))(KERNEL_GONE);
    };
    model.on("change:_shown", draw);
    model.on("comm_live_update", tellIfGone);
    return () => {
      stop();
      composer?.stop();
      model.off("change:_shown", draw);
      model.off("comm_live_update", tellIfGone);
    };
  },
};
