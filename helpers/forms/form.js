// One form. It is drawn from a schema, reads all of its fields at the moment of the press and sends them in one message,
// so the kernel can never act on an older value. Texts from the kernel are only ever set as text, never as HTML.

const LOOK_AFTER_MS = 120;
const BUSY_AFTER_MS = 150;
const SLOW_AFTER_MS = 2_000;
const NO_ANSWER_AFTER_MS = 10_000;
const WORKING = "Working…";
const STILL_WORKING = "Still working. Nothing is lost.";
const WAITING = "Waiting for the kernel: another cell may still be running. Nothing is lost.";
const NO_ANSWER = "No answer yet. If a cell is still running, this form answers after it. If the kernel was restarted, run this cell again.";
const GONE = "The kernel was restarted or has stopped, so nobody is behind this form. Run its cell again: Shift+Enter. What you typed still stands here.";
const MARKS = { done: "✓", refused: "✗", silent: "✗", gone: "✗", asking: "?" };

function make(tag, properties = {}, ...children) {
  const node = Object.assign(document.createElement(tag), properties);
  node.append(...children);
  return node;
}

// A row of digits that a screen reader reads one by one, and everybody else as they stand.
function makeDigits(digits) {
  return [
    make("b", { ariaHidden: "true" }, digits),
    make("span", { className: "tf-unseen" }, [...digits].join(" ")),
  ];
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

// What a phone offers above a code field. A click fills it in; to send it stays the person's own step.
function makeOffer(input) {
  const digits = make("span", {});
  const button = make("button", { type: "button", className: "tf-offer", hidden: true }, "Fill in ", digits, " from Messages");
  let offered = "";
  button.addEventListener("click", () => {
    input.value = offered;
    input.dispatchEvent(new Event("input"));
    input.focus();
  });
  return {
    button,
    show(code) {
      if (!code && document.activeElement === button) input.focus();
      offered = code;
      button.hidden = !code;
      digits.replaceChildren(...makeDigits(code));
    },
  };
}

// What is said to a text while it is typed: a line that never shouts. Errors stand in a line of their own.
function makeLook(id) {
  const line = make("p", { id, className: "tf-look", ariaLive: "polite" });
  return {
    line,
    say(words, good) {
      line.dataset.good = good;
      line.replaceChildren(...(words && good ? [make("span", { ariaHidden: "true" }, "✓ ")] : []), words);
    },
  };
}

// A code never leaves the page while it is typed, so this look is the page's own.
function lookAtCode(text, digits) {
  const count = text.replace(/[\s\p{Pd}\p{Cf}]/gu, "").length;
  if (!count) return ["", true];
  if (/[^\s\p{Pd}\p{Cf}\p{Nd}]/u.test(text)) return ["A code has only digits.", false];
  if (count > digits) return [`A code has ${digits} digits. These are ${count}.`, false];
  return count === digits ? [`${digits} digits`, true] : [`${count} of ${digits} digits`, false];
}

function makeField(field, uid) {
  const id = `${uid}-${field.name}`;
  const input = makeInput(field);
  Object.assign(input, { id, name: field.name, placeholder: field.placeholder, spellcheck: field.kind === "textarea" });
  input.autocomplete = field.kind === "code" ? "one-time-code" : field.kind === "tel" ? "tel" : field.autocomplete;
  input.setAttribute("autocapitalize", "off");
  input.setAttribute("aria-describedby", `${id}-hint ${id}-look ${id}-error`);
  if (field.maxlength) input.maxLength = field.maxlength;
  if (field.required) input.setAttribute("aria-required", "true");

  const label = make("label", { htmlFor: id }, field.description);
  if (!field.required) label.append(make("span", { className: "tf-optional" }, " (optional)"));
  const box = make("div", { className: "tf-box" }, input);
  const show = field.kind === "password" ? makeShowButton(input) : null;
  if (show) box.append(show.button);
  const offer = field.kind === "code" ? makeOffer(input) : null;
  const look = makeLook(`${id}-look`);
  const hint = make("p", { id: `${id}-hint`, className: "tf-hint", hidden: !field.hint }, field.hint);
  const error = make("p", { id: `${id}-error`, className: "tf-error", hidden: true });
  const row = make("div", { className: "tf-field" }, label, ...(offer ? [offer.button] : []), box, hint, look.line, error);
  row.dataset.kind = field.kind;

  return {
    field,
    input,
    row,
    offer,
    look,
    put(text) {
      input.value = text;
      look.say("", true);
    },
    forget() {
      this.put("");
      show?.hide();
    },
    complain(words) {
      if (words) look.say("", true); // what is said of the whole form's try counts, and once
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

// Lines that count down by the course's clock, which may be turned, or stand still.
function makeCountdowns() {
  const box = make("div", { className: "tf-countdowns" });
  let shown, since, ticking;

  function left(line) {
    const now = shown.now_ms + performance.now() - since; // drawn again only while the clock runs
    return Math.max(0, Math.ceil((line.until_ms - now) / 1000));
  }

  function draw() {
    shown.countdowns.forEach((line, index) => {
      const seconds = left(line);
      const words = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      const node = box.children[index];
      if (node.dataset.left === words) return;
      node.dataset.left = words;
      node.replaceChildren(...(seconds ? [`${line.words} `, make("b", {}, words)] : [line.after]));
    });
  }

  return {
    box,
    show(picture) {
      [shown, since] = [picture, performance.now()];
      clearInterval(ticking);
      while (box.children.length > shown.countdowns.length) box.lastChild.remove();
      while (box.children.length < shown.countdowns.length) {
        const line = make("p", {});
        line.setAttribute("role", "timer");
        box.append(line);
      }
      draw();
      if (shown.running && shown.countdowns.length) ticking = setInterval(draw, 250);
    },
    stop: () => clearInterval(ticking),
  };
}

function makeQuestion() {
  const yes = make("button", { type: "button", className: "tf-primary" }, "Send it");
  const no = make("button", { type: "button", className: "tf-secondary" }, "Not now");
  const box = make("div", { className: "tf-actions", hidden: true }, yes, no);
  return { box, yes, no };
}

function makeButton(action) {
  const type = action.primary ? "submit" : "button";
  return make("button", { type, className: action.primary ? "tf-primary" : "tf-secondary", value: action.name }, action.label);
}

function makeForm(schema, uid) {
  const title = make("h3", { id: `${uid}-title` }, schema.title);
  const badge = make("span", { className: "tf-badge" }, schema.badge);
  badge.dataset.mode = schema.mode;
  const site = make("p", { className: "tf-site", hidden: !schema.site }, make("span", { className: "tf-unseen" }, "A page of "), schema.site);
  const fields = schema.fields.map((field) => makeField(field, uid));
  const buttons = schema.actions.map(makeButton);
  const actions = make("div", { className: "tf-actions" }, ...buttons);
  const status = make("div", { className: "tf-status", role: "status", ariaLive: "polite", tabIndex: -1 });
  const bar = make("progress", { ariaLabel: "Still working", hidden: true });
  const notice = make("p", { id: `${uid}-notice`, className: "tf-notice", hidden: !schema.notice }, schema.notice);
  const handOut = makeHandOut(uid);
  const countdowns = makeCountdowns();
  const question = makeQuestion();
  const inside = make("fieldset", {}, ...fields.map(({ row }) => row), actions);
  // noValidate: what is missing is said once, by the model, in the same words everywhere.
  const form = make("form", { className: "tf tf-card tf-form", noValidate: true, autocomplete: "off" },
    make("div", { className: "tf-head" }, title, badge), site, notice, handOut.box, inside, countdowns.box, status, bar, question.box);
  form.setAttribute("aria-labelledby", title.id);
  if (schema.notice) form.setAttribute("aria-describedby", notice.id);
  form.dataset.mode = schema.mode;
  // JupyterLab listens before we could stop a key; this mark tells it to leave the keys in here alone.
  form.dataset.lmSuppressShortcuts = "true";
  form.addEventListener("keydown", (event) => event.stopPropagation());
  return { form, inside, fields, buttons, actions, status, bar, handOut, countdowns, question };
}

// How long somebody has waited decides what they are told: nothing, "Working…", a bar, and at last what to do.
function makePatience({ working, slow, silent }) {
  let timers = [];
  return {
    begin() {
      if (timers.length) return;
      timers = [setTimeout(working, BUSY_AFTER_MS), setTimeout(slow, SLOW_AFTER_MS), setTimeout(silent, NO_ANSWER_AFTER_MS)];
    },
    // The kernel has begun: however long it takes, somebody is there.
    heard() {
      clearTimeout(timers[2]);
    },
    end() {
      timers.forEach(clearTimeout);
      timers = [];
    },
  };
}

function render({ model, el }) {
  // Not crypto.randomUUID: a browser has it only on https and localhost.
  const uid = `tf-${Math.random().toString(36).slice(2)}`;
  const schema = model.get("_schema");
  const { form, inside, fields, buttons, actions, status, bar, handOut, countdowns, question } = makeForm(schema, uid);
  const primary = schema.actions.find((action) => action.primary).name;
  let shown = model.get("_shown");
  let pressed = primary;
  const patience = makePatience({
    working: () => sayWords("", WORKING),
    slow() {
      sayWords("", shown.state === "working" ? STILL_WORKING : WAITING);
      bar.hidden = false;
    },
    silent: () => say("silent", NO_ANSWER),
  });

  const part = (name) => fields.find(({ field }) => field.name === name);
  const put = (texts) => Object.entries(texts).forEach(([name, text]) => part(name)?.put(text));

  function sayWords(mark, words) {
    status.replaceChildren();
    if (words) status.append(make("span", { className: "tf-mark", ariaHidden: "true" }, mark), make("span", {}, words));
  }

  function say(state, words) {
    const waiting = state === "working";
    const still = waiting || state === "asking" || state === "gone";
    form.dataset.state = state;
    form.ariaBusy = String(waiting);
    for (const button of buttons) button.ariaDisabled = String(still);
    for (const { input } of fields) input.readOnly = waiting || state === "asking";
    actions.hidden = state === "asking";
    question.box.hidden = state !== "asking";
    question.yes.textContent = schema.actions.find(({ name }) => name === pressed)?.yes ?? "";
    if (waiting) return patience.begin();
    patience.end();
    bar.hidden = true;
    sayWords(MARKS[state] ?? "", words);
  }

  function send(message) {
    try {
      model.send(message);
      return true;
    } catch { // the kernel was restarted: JupyterLab has closed the form's line to it
      return false;
    }
  }

  // ipywidgets tells this when the line to the kernel was closed. What was typed stays.
  function onConnectionChange() {
    if (!send({ kind: "arrived" })) say("gone", GONE);
  }

  function press(action, confirmed = false) {
    if (form.dataset.state === "working" || shown.disabled) return;
    pressed = action;
    const values = Object.fromEntries(fields.map(({ field, input }) => [field.name, input.value]));
    // Should a silent kernel have heard an earlier press after all, this one carries the same number, and is not counted.
    if (!send({ kind: "press", action, intent: shown.intent, values, confirmed })) return say("gone", GONE);
    sayWords("", "");
    say("working");
  }

  function show() {
    for (const { field, complain } of fields) complain(shown.errors[field.name]);
    inside.disabled = shown.disabled;
    countdowns.show(shown);
    const saidBeside = Object.values(shown.errors).includes(shown.status);
    say(shown.state, saidBeside ? "" : shown.status);
    if (shown.state === "working") patience.heard();
  }

  // A refusal that names a field is mended there. What stands in the other fields stays, or it would be lost unseen.
  function forgetPasswords() {
    const mendable = shown.state === "refused" && Object.keys(shown.errors).length > 0;
    const over = fields.filter(({ field, input }) => field.kind === "password" && input.value && !(mendable && !(field.name in shown.errors)));
    for (const each of over) each.forget();
    return over;
  }

  function moveFocus(forgotten) {
    const wrong = fields.find(({ field }) => field.name in shown.errors);
    const emptied = fields.find((each) => shown.state === "refused" && (each.field.kind === "code" || forgotten.includes(each)));
    const target = wrong?.input ?? emptied?.input;
    if (shown.state === "asking") question.no.focus(); // a second Enter that comes by itself must send nothing
    else if (shown.disabled) status.focus();
    else target?.focus();
  }

  function onAnswer() {
    const before = shown;
    shown = model.get("_shown");
    const answered = shown.intent !== before.intent;
    // A turn of the clock, or a text put in from a cell, is no answer to a press that waits.
    if (!answered && form.dataset.state === "working" && shown.state === before.state) return countdowns.show(shown);
    const hadFocus = form.contains(document.activeElement);
    const forgotten = answered && shown.state !== "asking" ? forgetPasswords() : [];
    show();
    if (!answered || !hadFocus) return;
    if (status.textContent) status.scrollIntoView({ block: "nearest" }); // it may be below the window
    moveFocus(forgotten);
  }

  // Only from a neighbour: somebody who works in another cell is not torn away from it.
  function takeFocus() {
    const neighbours = form.closest(".jp-OutputArea") ?? document.body;
    const focused = document.activeElement;
    if (focused !== document.body && neighbours.contains(focused)) fields[0]?.input.focus();
  }

  function onMessage(message) {
    if (message.kind === "put") put(message.values);
    if (message.kind === "hand-out") handOut.show(message);
    if (message.kind === "offer") part(message.field)?.offer?.show(message.code);
    if (message.kind === "focus") takeFocus();
    if (message.kind === "look") {
      const looked = part(message.field);
      const refused = looked?.input.hasAttribute("aria-invalid"); // by an answer that came before these words
      if (looked?.input.value === message.text && !refused) looked.look.say(message.words, message.good);
    }
  }

  function watch({ field, input, look, complain }) {
    let pause;
    input.addEventListener("input", () => {
      complain("");
      if (field.kind === "code") return look.say(...lookAtCode(input.value, schema.code_digits));
      if (!field.looked_at) return;
      clearTimeout(pause);
      pause = setTimeout(() => send({ kind: "look", field: field.name, text: input.value }), LOOK_AFTER_MS);
    });
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.dataset.state !== "asking") press(primary);
  });
  for (const button of buttons) {
    if (button.type === "button") button.addEventListener("click", () => press(button.value));
  }
  question.yes.addEventListener("click", () => {
    status.focus(); // the question goes away, and the cursor must not go with it
    press(pressed, true);
  });
  question.no.addEventListener("click", () => {
    say("idle", schema.actions.find(({ name }) => name === pressed)?.declined ?? "");
    buttons.find(({ value }) => value === pressed)?.focus();
  });
  fields.forEach(watch);
  model.on("change:_shown", onAnswer);
  model.on("msg:custom", onMessage);
  model.on("comm_live_update", onConnectionChange);

  put(shown.texts);
  show();
  el.classList.add("tf-form-host");
  el.append(form);
  if (fields.some(({ offer }) => offer)) send({ kind: "arrived" }); // what the phone offers now is told in a message

  return () => {
    patience.end();
    countdowns.stop();
    model.off("change:_shown", onAnswer);
    model.off("msg:custom", onMessage);
    model.off("comm_live_update", onConnectionChange);
  };
}

export default { render };
