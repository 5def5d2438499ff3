// A phone with its texts. A page calls renderPhone(el, data) with the data of display/phone.py; JupyterLab uses the
// default export below. Texts come from outside: they are only ever set as text, never as HTML.

function make(tag, className, ...children) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

function makePhone(live) {
  const parts = {
    time: make("span", "tf-phone-time"),
    number: make("strong", ""),
    badge: make("span", "tf-badge"),
    list: make("ol", "tf-texts"),
    empty: make("div", "tf-phone-empty", make("span", "tf-phone-bubble"), make("p", "")),
  };
  parts.list.setAttribute("role", "log");
  parts.list.setAttribute("aria-label", "Texts on this phone");
  parts.list.tabIndex = 0;
  parts.badge.dataset.mode = live ? "live" : "practice";
  parts.badge.textContent = live ? "LIVE" : "Practice";
  const signal = make("span", "tf-phone-signal", make("i", ""), make("i", ""), make("i", ""), make("i", ""));
  const battery = make("span", "tf-phone-battery");
  const status = make("div", "tf-phone-status", parts.time, make("span", "tf-phone-icons", signal, battery));
  const head = make("div", "tf-phone-head", make("div", "", make("small", "", "Messages for"), parts.number), parts.badge);
  const screen = make("div", "tf-phone-screen", status, head, parts.empty, parts.list, make("div", "tf-phone-home"));
  parts.root = make("section", "tf tf-phone", screen);
  parts.root.setAttribute("aria-label", "Phone");
  parts.root.dataset.lmSuppressShortcuts = "true"; // the list of texts takes focus: "dd" there must delete no cell
  parts.root.addEventListener("keydown", (event) => event.stopPropagation());
  // What has been looked at is no longer new: a hand on the phone is a look.
  for (const event of ["pointerenter", "focusin"]) {
    parts.root.addEventListener(event, () => parts.list.querySelectorAll(".tf-new").forEach((item) => item.classList.remove("tf-new")));
  }
  return parts;
}

function makeBody({ body, code }) {
  const paragraph = make("p", "tf-body");
  paragraph.dir = "auto";
  const pieces = code ? body.split(code) : [body];
  pieces.forEach((piece, index) => {
    if (index) paragraph.append(make("b", "", code));
    paragraph.append(piece);
  });
  return paragraph;
}

// Named, never fetched: what is behind the address is not the phone's to know.
function makeMedia(media) {
  return media.map((file) => make("p", "tf-media", make("bdi", "", file)));
}

// `mine` (a text that this phone sent) and `media` (names of files) are for pages that show both; both may be missing.
function makeText(message, isNew) {
  const { id, sender, body, time, mine = false, media = [] } = message;
  const foot = make("small", "", time, make("span", "tf-new-mark", "New"));
  const bubble = make("div", "tf-text", ...makeMedia(media), ...(body ? [makeBody(message)] : []), foot);
  const item = make("li", mine ? "tf-mine" : isNew ? "tf-new" : "", make("small", "tf-sender", sender), bubble);
  Object.assign(item.dataset, { id, sender });
  return item;
}

// Texts that stand there already stay as they are, so that a screen reader reads out only what has arrived.
function updateTexts(list, messages, firstTime) {
  const wanted = new Set(messages.map(({ id }) => id));
  const there = new Map([...list.children].map((item) => [item.dataset.id, item]));
  for (const [id, item] of there) if (!wanted.has(id)) item.remove();
  let previous = null;
  for (const message of messages) {
    const item = there.get(message.id) ?? makeText(message, !firstTime);
    const next = previous ? previous.nextSibling : list.firstChild;
    if (next !== item) list.insertBefore(item, next);
    // A sender is named once for a row of texts, as phones do.
    item.firstChild.hidden = previous?.dataset.sender === message.sender;
    previous = item;
  }
  if (messages.some(({ id }) => !there.has(id))) list.scrollTop = list.scrollHeight;
}

function keepTime(parts) {
  const { data, since } = parts;
  const now = new Date(data.now_ms + Date.now() - since);
  parts.time.textContent = `${data.running ? now.toISOString().slice(11, 16) : data.time} UTC`;
}

const phones = new WeakMap();

export function renderPhone(el, data) {
  const firstTime = !phones.has(el);
  if (firstTime) {
    const parts = makePhone(data.mode === "live");
    phones.set(el, parts);
    el.append(parts.root);
    parts.ticking = setInterval(() => keepTime(parts), 5_000);
  }
  const parts = phones.get(el);
  Object.assign(parts, { data, since: Date.now() });
  parts.number.textContent = data.number;
  keepTime(parts);
  parts.empty.hidden = data.messages.length > 0;
  parts.empty.lastChild.textContent = data.empty;
  parts.list.hidden = data.messages.length === 0;
  updateTexts(parts.list, data.messages, firstTime);
  return () => clearInterval(parts.ticking);
}

export default {
  render({ model, el }) {
    el.classList.add("tf-phone-host");
    const draw = () => renderPhone(el, model.get("_shown"));
    const stop = draw();
    model.on("change:_shown", draw);
    return () => {
      stop();
      model.off("change:_shown", draw);
    };
  },
};
