// What can be changed: the clock, the faults, the settings and the numbers; and the magic numbers, to look up.

import { $, make } from "./elements.js";
import { ask, attempt, clockTime, copy, dayInWords, onSubmit, phoneInWords, renew } from "./parts.js";

// --- the clock -----------------------------------------------------------------------------------------------------------

export function createClock(store) {
  const turn = (step) => attempt(() => ask("POST", "clock/advance", step));
  const set = (state, words) => attempt(() => ask("PUT", "clock", { state }), words);
  $("clock-freeze").addEventListener("click", () => (store.running ? set("frozen", "The clock stands still.") : set("running", "The clock runs.")));
  $("clock-real").addEventListener("click", () => set("real", "The clock shows the real time."));
  for (const button of document.querySelectorAll("[data-advance]")) {
    button.addEventListener("click", () => turn({ seconds: Number(button.dataset.advance) }));
  }
  onSubmit($("clock-form"), () => turn({ [$("clock-unit").value]: Number($("clock-amount").value) }));

  return function drawClock() {
    const now = store.now();
    put($("clock-time"), clockTime(now));
    put($("clock-date"), dayInWords(now));
    const off = Math.round((now - Date.now()) / 60_000);
    const state = !store.running ? "frozen" : off > 0 ? "turned forward" : off < 0 ? "behind real time" : "real time";
    put($("clock-state"), state);
    put($("clock-freeze"), store.running ? "Freeze" : "Run");
  };
}

function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// --- faults --------------------------------------------------------------------------------------------------------------

export function createFaults(store) {
  const kind = $("fault-kind");
  const number = (id) => ($(id).value === "" ? null : Number($(id).value));

  function explain() {
    $("fault-what").textContent = store.fault_kinds.find((each) => each.kind === kind.value)?.what ?? "";
    $("fault-seconds-field").hidden = kind.value !== "latency";
  }

  kind.addEventListener("change", explain);
  onSubmit($("fault-form"), () => {
    const fault = { kind: kind.value, times: number("fault-times"), share: (number("fault-share") ?? 100) / 100 };
    if (kind.value === "latency") fault.seconds = number("fault-seconds");
    if ($("fault-method").value) fault.method = $("fault-method").value;
    if ($("fault-path").value) fault.path = $("fault-path").value;
    attempt(() => ask("POST", "faults", fault), "Ordered.");
  });
  $("faults-clear").addEventListener("click", () => attempt(() => ask("DELETE", "faults"), "All faults are gone."));

  return function drawFaults() {
    if (!kind.options.length && store.fault_kinds.length) {
      kind.append(...store.fault_kinds.map((each) => make("option", { value: each.kind }, each.kind)));
      explain();
    }
    const count = store.faults.length;
    put($("fault-count"), count ? String(count) : "");
    $("fault-count").hidden = !count;
    $("faults-empty").hidden = count > 0;
    $("faults-clear").hidden = count < 2;
    renew($("faults"), JSON.stringify(store.faults), () => store.faults.map(makeFault));
  };
}

function makeFault(fault) {
  const remove = make("button", { type: "button", ariaLabel: `Remove ${fault.kind}` }, "Remove");
  remove.addEventListener("click", () => attempt(() => ask("DELETE", `faults/${fault.id}`)));
  const which = `${fault.method ?? "every method"}, ${fault.path ?? "every path"}`;
  const share = fault.share < 1 ? `${Math.round(fault.share * 1000) / 10} % of ` : "";
  const left = fault.left === null ? "all requests until removed" : `${fault.left} more ${fault.left === 1 ? "request" : "requests"}`;
  const late = fault.seconds === null ? "" : ` ${fault.seconds} s`;
  const words = `${share}${left} · ${which} · has struck ${fault.struck}`;
  return make("li", {}, make("div", {}, make("strong", {}, `${fault.kind}${late}`), make("small", {}, words)), remove);
}

// --- magic numbers -------------------------------------------------------------------------------------------------------

const GROUPS = { answer: "Refused at once", receipt: "Accepted, then told in a receipt" };

export function createMagic(store) {
  return function drawMagic() {
    renew($("magic"), JSON.stringify(store.magic_numbers), () =>
      Object.entries(GROUPS).flatMap(([group, words]) => [
        make("tr", { class: "group" }, make("th", { scope: "rowgroup", colSpan: 3 }, words)),
        ...store.magic_numbers.filter((each) => each.group === group).map(makeMagic),
      ]),
    );
  };
}

function makeMagic({ number, title, what, tag, source }) {
  const key = make("button", { type: "button", class: "number", ariaLabel: `Copy ${number}` }, number);
  key.addEventListener("click", () => copy(number, key));
  return make(
    "tr",
    {},
    make("td", {}, key),
    make("td", {}, make("strong", {}, title), make("small", {}, what)),
    make("td", {}, make("span", { class: "pill", "data-mood": "plain" }, tag), make("small", {}, source)),
  );
}

// --- settings ------------------------------------------------------------------------------------------------------------

export function createSettings(store) {
  const form = $("settings");
  onSubmit(form, () => {});
  form.addEventListener("change", ({ target }) => {
    const value = target.type === "checkbox" ? target.checked : target.type === "number" ? Number(target.value) : target.value;
    attempt(() => ask("PATCH", "settings", { [target.name]: value }), "Changed.").then(() => draw({ afresh: true }));
  });

  const reset = $("reset");
  let sure = 0;
  reset.addEventListener("click", () => {
    if (sure) {
      attempt(() => ask("POST", "reset"), "Everything starts again.");
      forget();
      return;
    }
    reset.textContent = "Press again to take everything away";
    reset.classList.add("danger");
    sure = setTimeout(forget, 5_000);
  });

  function forget() {
    clearTimeout(sure);
    sure = 0;
    reset.textContent = "Reset the simulator";
    reset.classList.remove("danger");
  }

  function draw({ afresh = false } = {}) {
    const { settings, numbers } = store;
    for (const field of form.elements) {
      if (!(field.name in settings) || (!afresh && field === document.activeElement)) continue;
      if (field.type === "checkbox") field.checked = settings[field.name];
      else field.value = settings[field.name];
    }
    renew($("numbers"), JSON.stringify(numbers), () => numbers.map(makeNumber));
  }

  return draw;
}

function makeNumber({ number, registration, messaging_enabled: enabled, toll_free: tollFree }) {
  const name = phoneInWords(number);
  const change = (fields) => attempt(() => ask("PATCH", `numbers/${number}`, fields), "Changed.");
  const states = ["registered", "pending", "unregistered"].map((state) => make("option", { value: state, selected: state === registration }, state));
  const select = make("select", { ariaLabel: `Registration of ${name}` }, ...states);
  select.addEventListener("change", () => change({ registration: select.value }));
  const box = make("input", { type: "checkbox", checked: enabled });
  box.addEventListener("change", () => change({ messaging_enabled: box.checked }));
  const words = tollFree ? "toll-free verification" : "10DLC campaign";
  return make(
    "li",
    {},
    make("div", {}, make("strong", {}, name), make("small", {}, words)),
    make("label", { class: "check" }, box, "texts"),
    select,
  );
}

// --- the first line to type --------------------------------------------------------------------------------------------------

export function createWelcome(store) {
  const url = location.href.replace(/[#?].*$/, "").replace(/\/$/, "");
  $("welcome-copy").addEventListener("click", () => copy($("welcome-line").textContent, $("welcome-line")));
  return function drawWelcome() {
    const from = store.numbers[0]?.number;
    if (!from) return;
    put($("welcome-url"), url);
    const fields = `{"to":"12065550100","from":"${from}","body":"Hello"}`;
    put($("welcome-line"), `curl -u "$ACCESS_KEY:$SECRET_KEY" -H "Content-Type: application/json" \\\n  -d '${fields}' \\\n  ${url}/v2.1/messages`);
  };
}

