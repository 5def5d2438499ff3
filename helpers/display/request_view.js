// HTTP exchanges. A page calls renderRequestView(el, data) for one of them, with the data of display/request_view.py;
// JupyterLab uses the default export below, which goes back and forth among the last ones. Bodies come from outside:
// they are only ever set as text, never as HTML.

const JSON_PIECES = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;
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

function setText(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

function colouredJson(text) {
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(JSON_PIECES)) {
    const [whole, string, colon, number] = match;
    pieces.push(text.slice(end, match.index));
    const kind = string ? (colon ? "tf-key" : "tf-string") : number ? "tf-number" : "tf-literal";
    pieces.push(make("span", kind, string ?? whole), colon ?? "");
    end = match.index + whole.length;
  }
  return [...pieces, text.slice(end)];
}

function isJson(text) {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

// --- one exchange ------------------------------------------------------------------------------------------------------

function makeHeaders(headers) {
  return make("div", "tf-headers", ...headers.map(([name, value]) => make("div", "", make("span", "", `${name}: `), value)));
}

// A wide or long text scrolls, so the keyboard must be able to reach it.
function makeScrolling(label, ...pieces) {
  const body = make("pre", "", ...pieces);
  body.tabIndex = 0;
  body.setAttribute("role", "region");
  body.setAttribute("aria-label", label);
  return body;
}

function makeBody(text, label) {
  return text ? makeScrolling(label, ...(isJson(text) ? colouredJson(text) : [text])) : "";
}

function makeSide(name, line, headers, body, ...more) {
  const title = make("h4", "", name);
  return make("section", "tf-side", title, line, makeHeaders(headers), makeBody(body, `${name} body`), ...more);
}

// What is copied is shown below the button as well: it can be read before it is run, and copied by hand.
function makeCopyButton(command) {
  const button = makeButton("tf-curl", "Copy as curl");
  const said = make("span", "tf-curl-said");
  said.setAttribute("role", "status");
  const shown = makeScrolling("The request as a curl command", command);
  shown.hidden = true;
  button.addEventListener("click", async () => {
    shown.hidden = false;
    try {
      await navigator.clipboard.writeText(command);
      said.textContent = "Copied. Your keys stand in it as variables.";
    } catch { // a page that is neither on https nor on localhost has no clipboard
      getSelection().selectAllChildren(shown);
      said.textContent = "Selected: copy it with the keyboard. Your keys stand in it as variables.";
    }
  });
  return make("div", "tf-curl-row", button, said, shown);
}

function makeSides(data) {
  const request = make("p", "tf-line", make("span", "tf-method", data.method), make("span", "tf-url", data.url));
  const mark = make("span", "", data.good ? "✓ " : "✗ ");
  mark.ariaHidden = "true";
  const took = make("span", "tf-took", data.took && `took ${data.took}`);
  const answer = make("p", "tf-line", make("span", "tf-answer", mark, data.answer), took);
  answer.dataset.good = data.good;
  const curl = data.curl ? [makeCopyButton(data.curl)] : [];
  const asked = makeSide("Request", request, data.request_headers, data.request_body, ...curl);
  const answered = makeSide("Answer", answer, data.response_headers, data.response_body);
  if (data.error) answer.after(make("p", "tf-problem", data.error));
  return [asked, answered];
}

function makeRoot() {
  const root = make("div", "tf tf-card");
  // JupyterLab would take keys pressed in here (to scroll, to copy) for its own shortcuts.
  root.dataset.lmSuppressShortcuts = "true";
  root.addEventListener("keydown", (event) => event.stopPropagation());
  return root;
}

function makeExchange(data) {
  const sides = data.method ? makeSides(data) : [make("p", "tf-nothing", data.empty)];
  return make("div", "tf-exchange", ...sides);
}

export function renderRequestView(el, data) {
  const root = makeRoot();
  root.append(makeExchange(data));
  el.replaceChildren(root);
}

// --- the last ones -----------------------------------------------------------------------------------------------------

function makeStep(words, arrow) {
  const button = makeButton("tf-step", arrow);
  button.setAttribute("aria-label", words);
  button.title = words;
  return button;
}

function makeParts({ title, folded }) {
  const parts = {
    title: make("h3", "", title),
    previous: makeStep("Previous request", "‹"),
    place: make("span", "tf-place"),
    next: makeStep("Next request", "›"),
    exchange: make("div", "tf-exchange"),
    summary: make("span", "tf-summary"),
    said: make("p", "tf-gone"),
  };
  parts.place.setAttribute("role", "status");
  parts.said.setAttribute("role", "status");
  parts.steps = make("div", "tf-steps", parts.previous, parts.place, parts.next);
  parts.steps.setAttribute("role", "group");
  parts.steps.setAttribute("aria-label", "Go through the requests");
  parts.root = makeRoot();
  parts.root.classList.add("tf-requests");
  parts.root.setAttribute("role", "region");
  parts.root.setAttribute("aria-label", title);
  const inside = [make("div", "tf-requests-head", parts.title, parts.steps), parts.exchange];
  if (folded) {
    const summary = make("summary", "", parts.summary);
    parts.root.append(make("details", "", summary, ...inside), parts.said);
  } else {
    parts.root.append(...inside, parts.said);
  }
  return parts;
}

function begin(el, data) {
  const parts = makeParts(data);
  const state = { parts, chosen: null, drawn: null, data };
  const go = (step) => {
    const { exchanges } = state.data;
    const target = exchanges[placeOf(state) + step];
    if (!target) return;
    // Whoever stands at the newest one stays with the newest one.
    state.chosen = target === exchanges.at(-1) ? null : target.number;
    draw(state);
  };
  parts.previous.addEventListener("click", () => go(-1));
  parts.next.addEventListener("click", () => go(1));
  parts.steps.addEventListener("keydown", ({ key }) => {
    if (key === "ArrowLeft") go(-1);
    if (key === "ArrowRight") go(1);
  });
  histories.set(el, state);
  el.replaceChildren(parts.root);
  return state;
}

// The place of the chosen one among those that are kept; the oldest, where the chosen one had to make room.
function placeOf({ chosen, data }) {
  if (chosen === null) return data.exchanges.length - 1;
  return Math.max(0, data.exchanges.findIndex(({ number }) => number === chosen));
}

function draw(state) {
  const { parts, data } = state;
  const place = placeOf(state);
  const shown = data.exchanges[place];
  setText(parts.summary, data.summary);
  parts.steps.hidden = data.count < 2;
  setText(parts.place, shown ? `${shown.number} of ${data.count}` : "");
  parts.previous.ariaDisabled = String(place <= 0);
  parts.next.ariaDisabled = String(place >= data.exchanges.length - 1);
  const drawn = shown?.number ?? 0;
  if (state.drawn === drawn) return;
  state.drawn = drawn;
  const fresh = makeExchange(shown ?? { empty: data.empty });
  parts.exchange.replaceWith(fresh);
  parts.exchange = fresh;
}

const histories = new WeakMap();

export function renderRequests(el, data) {
  const state = histories.get(el) ?? begin(el, data);
  state.data = data;
  draw(state);
  return state.parts;
}

export default {
  render({ model, el }) {
    el.classList.add("tf-exchange-host");
    const show = () => renderRequests(el, model.get("_shown"));
    const parts = show();
    const tellIfGone = () => setText(parts.said, el.closest(DISCONNECTED) ? KERNEL_GONE : "");
    model.on("change:_shown", show);
    model.on("comm_live_update", tellIfGone);
    return () => {
      model.off("change:_shown", show);
      model.off("comm_live_update", tellIfGone);
    };
  },
};
