// One form. It is drawn from a schema, reads all of its fields at the moment of the press and sends them in one message,
// so the kernel can never act on an older value. Texts from the kernel are only ever set as text, never as HTML.

const NO_ANSWER_AFTER_MS = 10_000;
const NO_ANSWER = "No answer from the kernel. If it was restarted, run this cell again.";
const BADGES = { practice: "Practice", live: "LIVE: sends a real text" };
const MARKS = { done: "✓", refused: "✗", silent: "✗" };

function make(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

function makeInput(field) {
  if (field.kind === "select") {
    return make("select", {}, ...field.options.map(([value, label]) => make("option", { value }, label)));
  }
  if (field.kind === "textarea") return make("textarea", { rows: 3 });
  const type = { password: "password", tel: "tel" }[field.kind] ?? "text";
  const inputMode = { code: "numeric", tel: "tel" }[field.kind] ?? "";
  return make("input", { type, inputMode });
}

function makeShowButton(input) {
  const word = make("span", {}, "Show");
  const button = make("button", { type: "button", className: "tf-show" }, word, make("span", { className: "tf-unseen" }, " password"));
  const set = (visible) => {
    input.type = visible ? "text" : "password";
    word.textContent = visible ? "Hide" : "Show";
  };
  button.addEventListener("click", () => set(input.type === "password"));
  return { button, hide: () => set(false) };
}

function makeField(field, uid) {
  const id = `${uid}-${field.name}`;
  const input = makeInput(field);
  Object.assign(input, { id, name: field.name, placeholder: field.placeholder, spellcheck: field.kind === "textarea" });
  input.autocomplete = field.kind === "code" ? "one-time-code" : field.kind === "tel" ? "tel" : field.autocomplete;
  input.setAttribute("autocapitalize", "off");
  input.setAttribute("aria-describedby", `${id}-hint ${id}-error`);
  if (field.maxlength) input.maxLength = field.maxlength;
  if (field.required) input.setAttribute("aria-required", "true");

  const label = make("label", { htmlFor: id }, field.description);
  if (!field.required) label.append(make("span", { className: "tf-optional" }, " (optional)"));
  const box = make("div", { className: "tf-box" }, input);
  const show = field.kind === "password" ? makeShowButton(input) : null;
  if (show) box.append(show.button);
  const hint = make("p", { id: `${id}-hint`, className: "tf-hint", hidden: !field.hint }, field.hint);
  const error = make("p", { id: `${id}-error`, className: "tf-error", hidden: true });
  const row = make("div", { className: "tf-field" }, label, box, hint, error);
  row.dataset.kind = field.kind;

  return {
    field,
    input,
    row,
    forget() {
      input.value = "";
      show?.hide();
    },
    complain(words) {
      error.replaceChildren(...(words ? [make("span", { ariaHidden: "true" }, "✗ "), words] : []));
      error.hidden = !words;
      words ? input.setAttribute("aria-invalid", "true") : input.removeAttribute("aria-invalid");
    },
  };
}

// What is shown once: a picture, and lines to copy. It comes in a message and goes with the page; nothing keeps it.
function makeHandOut(uid) {
  const words = make("p", { id: `${uid}-hand-out` });
  const picture = make("img", { hidden: true });
  const lines = make("pre", { hidden: true, tabIndex: 0 });
  const said = make("span", { ariaLive: "polite" });
  const copy = make("button", { type: "button", className: "tf-secondary", hidden: true }, "Copy");
  const box = make("section", { className: "tf-hand-out", hidden: true, tabIndex: -1 }, words, picture, lines, copy, said);
  box.setAttribute("aria-labelledby", words.id);
  lines.setAttribute("aria-labelledby", words.id);

  copy.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(lines.textContent);
      said.textContent = " Copied.";
    } catch { // a page that is neither on https nor on localhost has no clipboard
      getSelection().selectAllChildren(lines);
      said.textContent = " Selected: copy it with the keyboard.";
    }
  });

  return {
    box,
    show(what) {
      words.textContent = what.words;
      picture.hidden = !what.picture;
      picture.alt = what.picture_words;
      what.picture ? (picture.src = what.picture) : picture.removeAttribute("src");
      lines.textContent = what.lines.join("\n");
      lines.hidden = copy.hidden = !what.lines.length;
      said.textContent = "";
      box.hidden = !what.words;
      if (what.words) box.focus();
    },
  };
}

function makeForm(schema, uid) {
  const title = make("h3", { id: `${uid}-title` }, schema.title);
  const badge = make("span", { className: "tf-badge" }, BADGES[schema.mode]);
  badge.dataset.mode = schema.mode;
  const fields = schema.fields.map((field) => makeField(field, uid));
  const buttons = schema.actions.map((action) =>
    make("button", {
      type: action.primary ? "submit" : "button",
      className: action.primary ? "tf-primary" : "tf-secondary",
      value: action.name,
    }, action.label));
  const status = make("div", { className: "tf-status", role: "status", ariaLive: "polite", tabIndex: -1 });
  const notice = make("p", { id: `${uid}-notice`, className: "tf-notice", hidden: !schema.notice }, schema.notice ?? "");
  const handOut = makeHandOut(uid);
  const inside = make("fieldset", {}, ...fields.map(({ row }) => row), make("div", { className: "tf-actions" }, ...buttons));
  // noValidate: what is missing is said once, by the model, in the same words everywhere.
  const form = make("form", { className: "tf tf-card tf-form", noValidate: true, autocomplete: "off" },
    make("header", {}, title, badge), notice, handOut.box, inside, status);
  form.setAttribute("aria-labelledby", title.id);
  if (schema.notice) form.setAttribute("aria-describedby", notice.id);
  form.dataset.mode = schema.mode;
  // JupyterLab listens before we could stop a key; this mark tells it to leave the keys in here alone.
  form.dataset.lmSuppressShortcuts = "true";
  form.addEventListener("keydown", (event) => event.stopPropagation());
  return { form, inside, fields, buttons, status, handOut };
}

function render({ model, el }) {
  // Not crypto.randomUUID: a browser has it only on https and localhost.
  const uid = `tf-${Math.random().toString(36).slice(2)}`;
  const schema = model.get("_schema");
  const { form, inside, fields, buttons, status, handOut } = makeForm(schema, uid);
  let shown = model.get("_shown");
  let alarm;

  const put = (texts) => fields.forEach(({ field, input }) => {
    if (field.name in texts) input.value = texts[field.name];
  });

  function say(state, words) {
    form.dataset.state = state;
    const waiting = state === "working";
    form.ariaBusy = String(waiting);
    for (const button of buttons) button.ariaDisabled = String(waiting);
    for (const { input } of fields) input.readOnly = waiting;
    status.replaceChildren();
    if (words) status.append(make("span", { className: "tf-mark", ariaHidden: "true" }, MARKS[state] ?? ""), make("span", {}, words));
  }

  // What was typed stays; and should the press have been heard after all, a second one carries the same number.
  const giveUp = () => say("silent", NO_ANSWER);

  function onConnectionChange() {
    if (form.dataset.state === "working") giveUp();
  }

  function press(action) {
    if (form.dataset.state === "working" || shown.disabled) return;
    const values = Object.fromEntries(fields.map(({ field, input }) => [field.name, input.value]));
    try {
      model.send({ kind: "press", action, intent: shown.intent, values });
    } catch {
      giveUp(); // the kernel was restarted: JupyterLab has closed the form's line to it
      return;
    }
    alarm = setTimeout(giveUp, NO_ANSWER_AFTER_MS);
    say("working", "Working…");
  }

  function show() {
    for (const { field, complain } of fields) complain(shown.errors[field.name]);
    inside.disabled = shown.disabled;
    const saidBeside = Object.values(shown.errors).includes(shown.status);
    say(shown.state, shown.state === "working" ? "Working…" : saidBeside ? "" : shown.status);
  }

  function moveFocus() {
    const wrong = fields.find(({ field }) => field.name in shown.errors);
    const emptied = fields.find(({ field }) => field.secret && shown.state === "refused");
    const target = wrong?.input ?? emptied?.input;
    if (shown.disabled) status.focus();
    else target?.focus();
  }

  function onAnswer() {
    const before = shown;
    shown = model.get("_shown");
    clearTimeout(alarm);
    const answered = shown.intent !== before.intent;
    const hadFocus = form.contains(document.activeElement);
    if (answered) for (const part of fields) if (part.field.kind === "password") part.forget();
    show();
    if (answered && hadFocus) moveFocus();
  }

  function onMessage(message) {
    if (message.kind === "put") put(message.values);
    if (message.kind === "hand-out") handOut.show(message);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    press(schema.actions.find((action) => action.primary).name);
  });
  for (const button of buttons) {
    if (button.type === "button") button.addEventListener("click", () => press(button.value));
  }
  model.on("change:_shown", onAnswer);
  model.on("msg:custom", onMessage);
  model.on("comm_live_update", onConnectionChange); // ipywidgets: the kernel was restarted, or died

  put(shown.texts);
  show();
  el.classList.add("tf-form-host");
  el.append(form);

  return () => {
    clearTimeout(alarm);
    model.off("change:_shown", onAnswer);
    model.off("msg:custom", onMessage);
    model.off("comm_live_update", onConnectionChange);
  };
}

export default { render };
