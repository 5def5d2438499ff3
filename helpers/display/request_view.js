// One HTTP exchange. A page calls renderRequestView(el, data) with the data of display/request_view.py; JupyterLab uses
// the default export below. Bodies come from outside: they are only ever set as text, never as HTML.

const JSON_PIECES = /("(?:[^"\\]|\\.)*")(\s*:)?|(-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|\b(true|false|null)\b/g;

function make(tag, className, ...children) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
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

function makeHeaders(headers) {
  return make("div", "tf-headers", ...headers.map(([name, value]) => make("div", "", make("span", "", `${name}: `), value)));
}

function makeBody(text, label) {
  if (!text) return "";
  const body = make("pre", "", ...(isJson(text) ? colouredJson(text) : [text]));
  // A wide or long body scrolls, so the keyboard must be able to reach it.
  body.tabIndex = 0;
  body.setAttribute("role", "region");
  body.setAttribute("aria-label", label);
  return body;
}

function makeSide(name, line, headers, body) {
  return make("section", "tf-side", make("h4", "", name), line, makeHeaders(headers), makeBody(body, `${name} body`));
}

export function renderRequestView(el, data) {
  const root = make("div", "tf tf-card tf-exchange");
  // JupyterLab would take keys pressed in here (to scroll, to copy) for its own shortcuts.
  root.dataset.lmSuppressShortcuts = "true";
  root.addEventListener("keydown", (event) => event.stopPropagation());
  if (!data.method) {
    root.append(make("p", "tf-nothing", data.empty));
  } else {
    const request = make("p", "tf-line", make("span", "tf-method", data.method), make("span", "tf-url", data.url));
    const mark = make("span", "", data.good ? "✓ " : "✗ ");
    mark.ariaHidden = "true";
    const answer = make("p", "tf-line", make("span", "tf-answer", mark, data.answer), make("span", "tf-took", data.took));
    answer.dataset.good = data.good;
    const answered = makeSide("Answer", answer, data.response_headers, data.response_body);
    if (data.error) answer.after(make("p", "tf-problem", data.error));
    root.append(makeSide("Request", request, data.request_headers, data.request_body), answered);
  }
  el.replaceChildren(root);
}

export default {
  render({ model, el }) {
    el.classList.add("tf-exchange-host");
    const draw = () => renderRequestView(el, model.get("_shown"));
    draw();
    model.on("change:_shown", draw);
    return () => model.off("change:_shown", draw);
  },
};
