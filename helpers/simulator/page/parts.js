// Small things that every view needs. Whatever comes from outside is only ever set as text.

import { $, make } from "./elements.js";

// --- the controls ----------------------------------------------------------------------------------------------------

export async function ask(method, path, body) {
  const options = { method, cache: "no-store" };
  if (body !== undefined) Object.assign(options, { body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
  let answer;
  try {
    answer = await fetch(`_simulator/${path}`, options);
  } catch {
    throw new Error("The simulator does not answer. Is it still running?");
  }
  if (answer.status === 204) return null;
  const data = await answer.json();
  if (!answer.ok) throw new Error(inWords(data));
  return data;
}

function inWords(data) {
  const detail = data.errors?.[0]?.detail ?? "Something went wrong.";
  if (typeof detail === "string") return detail;
  const fields = Object.entries(detail.data?.attributes ?? {});
  return fields.map(([field, words]) => `${field}: ${words.join(" ")}`).join(" ");
}

let hiding = 0;

export function say(words, { bad = false } = {}) {
  const toast = $("toast");
  clearTimeout(hiding);
  toast.hidden = false;
  toast.dataset.bad = bad;
  toast.textContent = words;
  hiding = setTimeout(() => (toast.hidden = true), bad ? 8_000 : 3_000);
}

// Do something for a click or a form, and say what went wrong if it did.
export async function attempt(action, words) {
  try {
    const result = await action();
    if (words) say(words);
    return result;
  } catch (problem) {
    say(problem.message, { bad: true });
    return undefined;
  }
}

export function onSubmit(form, action) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    action();
  });
}

export async function copy(text, node) {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied.");
  } catch {
    // Without a secure address there is no clipboard; the text is at least ready to be copied.
    getSelection().selectAllChildren(node);
    say("Selected. Copy it with the keyboard.");
  }
}

// --- words -----------------------------------------------------------------------------------------------------------

export function phoneInWords(digits) {
  return digits.replace(/^1(\d{3})(\d{3})(\d{4})$/, "($1) $2-$3");
}

export function digitsOf(text) {
  const digits = text.replace(/\D/g, "");
  const whole = digits.length === 10 ? `1${digits}` : digits;
  return /^1[2-9]\d{2}[2-9]\d{6}$/.test(whole) ? whole : null;
}

const iso = (ms) => new Date(ms).toISOString();
export const clockTime = (ms) => iso(ms).slice(11, 19);
export const minuteTime = (ms) => iso(ms).slice(11, 16);
const DAY = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });
export const dayInWords = (ms) => DAY.format(ms);

export function since(ms, start) {
  const seconds = (ms - start) / 1000;
  if (seconds < 60) return `+${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 120 ? `+${minutes} min ${Math.round(seconds % 60)} s` : `+${Math.round(minutes / 60)} h`;
}

export function firstLine({ body, media }) {
  return body.split("\n", 1)[0] || (media.length ? `Picture: ${media.map((file) => file.file_name).join(", ")}` : "(no text)");
}

// --- a list to choose from, by mouse or by arrow keys --------------------------------------------------------------------

export function listbox(list, { onChoose }) {
  let chosen = null;

  function choose(id, { focus = false } = {}) {
    chosen = id;
    for (const option of list.children) {
      const is = option.dataset.id === id;
      option.ariaSelected = is;
      option.tabIndex = is ? 0 : -1;
      if (is && focus) option.focus();
    }
    if (!list.querySelector('[aria-selected="true"]') && list.firstElementChild) list.firstElementChild.tabIndex = 0;
  }

  function pick(option) {
    choose(option.dataset.id, { focus: true });
    onChoose(option.dataset.id);
  }

  list.addEventListener("click", (event) => {
    const option = event.target.closest('[role="option"]');
    if (option) pick(option);
  });
  list.addEventListener("keydown", (event) => {
    const options = [...list.children];
    const here = options.indexOf(event.target.closest('[role="option"]'));
    const steps = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: options.length - 1, Enter: here, " ": here };
    if (here < 0 || !(event.key in steps)) return;
    event.preventDefault();
    const option = options[steps[event.key]];
    if (option) pick(option);
  });

  return {
    get chosen() {
      return chosen;
    },
    choose,
    // Draw the entries: `fill` makes or renews one. What stands there already stays, and keeps the focus.
    draw(entries, fill) {
      const there = new Map([...list.children].map((option) => [option.dataset.id, option]));
      const focused = list.contains(document.activeElement) ? document.activeElement.dataset.id : null;
      const options = entries.map((entry) => {
        const option = there.get(entry.id) ?? make("li", { role: "option" });
        option.dataset.id = entry.id;
        fill(option, entry);
        return option;
      });
      const same = options.length === list.children.length && options.every((option, place) => option === list.children[place]);
      if (!same) list.replaceChildren(...options);
      list.hidden = entries.length === 0;
      choose(chosen, { focus: focused !== null && focused === chosen && document.activeElement?.dataset.id !== chosen });
    },
  };
}

// Set the content only where it differs: drawing often must cost little.
export function renew(node, key, makeChildren) {
  if (node.dataset.key === key) return;
  node.dataset.key = key;
  node.replaceChildren(...makeChildren());
}
