// The knob of the course's clock, drawn from the data of forms/clock_knob.py. The time ticks here, in the browser.

const KERNEL_GONE = "The kernel was restarted. Run this cell again.";
const DISCONNECTED = ".jupyter-widgets-disconnected"; // ipywidgets marks so what has lost its kernel
const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });

function make(tag, className, ...children) {
  const node = document.createElement(tag);
  node.className = className;
  node.append(...children);
  return node;
}

function setText(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

function makeKnob() {
  const parts = {
    time: make("time", "tf-clock-time"),
    day: make("span", "tf-clock-day"),
    state: make("span", "tf-clock-state"),
    said: make("p", "tf-clock-said"),
    keys: make("div", "tf-clock-keys"),
  };
  parts.said.setAttribute("role", "status");
  const face = make("p", "tf-clock-face", make("span", "tf-clock-line", parts.time, " UTC"), make("span", "tf-clock-line", parts.day, parts.state));
  parts.root = make("section", "tf tf-card tf-clock", face, parts.keys, parts.said);
  parts.root.setAttribute("aria-label", "The course's clock");
  parts.root.dataset.lmSuppressShortcuts = "true";
  parts.root.addEventListener("keydown", (event) => event.stopPropagation());
  return parts;
}

function makeKey(onPress) {
  const button = make("button", "");
  button.type = "button";
  button.addEventListener("click", () => onPress(button.textContent));
  return button;
}

// The same buttons stay, so that the focus stays: one that freezes becomes the one that lets it run.
function showKeys(place, names, onPress) {
  while (place.children.length > names.length) place.lastChild.remove();
  while (place.children.length < names.length) place.append(makeKey(onPress));
  names.forEach((name, index) => setText(place.children[index], name));
}

function keepTime({ time, day }, { now_ms, wall_ms, running }) {
  // `wall_ms` is when this was made: a page that is opened again later still shows the right time.
  const now = new Date(running ? now_ms + Date.now() - wall_ms : now_ms);
  setText(time, now.toISOString().slice(11, 19));
  time.dateTime = now.toISOString();
  setText(day, DAY.format(now));
}

function render({ model, el }) {
  const parts = makeKnob();
  const shown = () => model.get("_shown");

  function say(words, bad = false) {
    parts.said.dataset.bad = bad;
    setText(parts.said, words);
  }

  function press(name) {
    try {
      model.send({ kind: "press", name });
    } catch { // JupyterLab has closed the line to the kernel
      say(KERNEL_GONE, true);
    }
  }

  function draw() {
    const data = shown();
    keepTime(parts, data);
    parts.root.dataset.running = data.running;
    setText(parts.state, data.running ? "" : "Frozen");
    showKeys(parts.keys, data.keys, press);
    say(data.words, data.bad);
  }

  const tellIfGone = () => el.closest(DISCONNECTED) && say(KERNEL_GONE, true);
  const ticking = setInterval(() => keepTime(parts, shown()), 200);
  model.on("change:_shown", draw);
  model.on("comm_live_update", tellIfGone);
  el.classList.add("tf-clock-host");
  el.append(parts.root);
  draw();
  return () => {
    clearInterval(ticking);
    model.off("change:_shown", draw);
    model.off("comm_live_update", tellIfGone);
  };
}

export default { render };
