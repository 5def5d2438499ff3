// What the page knows: the messages, the settings and the time. It begins with a snapshot and follows the stream.

import { ask } from "./parts.js";

const MOST_MESSAGES = 500;
const LONGEST_PAUSE_MS = 5_000;

export function createStore() {
  const listeners = new Set();
  const store = {
    connection: "connecting",
    messages: new Map(),
    running: true,
    seq: 0,
    settings: {},
    faults: [],
    numbers: [],
    fault_kinds: [],
    magic_numbers: [],
    counts: { messages: 0, requests: 0, attempts: 0 },
  };
  let base = { now_ms: Date.now(), at: performance.now() };
  let source = null;
  let pause = 0;
  let tries = 0;
  let drawing = false;

  store.now = () => base.now_ms + (store.running ? performance.now() - base.at : 0);
  store.onChange = (listener) => listeners.add(listener);

  // Many changes, one drawing.
  store.changed = () => {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      for (const listener of listeners) listener();
    });
  };

  function take({ now_ms, messages, ...rest }) {
    base = { now_ms, at: performance.now() };
    Object.assign(store, rest);
    for (const message of messages) store.messages.set(message.id, message);
    for (const id of store.messages.keys()) {
      if (store.messages.size <= MOST_MESSAGES) break;
      store.messages.delete(id);
    }
    store.changed();
  }

  function lost() {
    source?.close();
    store.connection = "lost";
    store.changed();
    pause = Math.min(LONGEST_PAUSE_MS, pause * 2 || 500);
    setTimeout(connect, pause);
  }

  // A simulator that was started again knows nothing of the old one's count, so every connection begins with a snapshot.
  async function connect() {
    const mine = ++tries; // of two that overlap, the later one counts
    source?.close();
    if (document.hidden) return; // a browser has few connections for one host: a tab that nobody sees gives its own back
    try {
      const snapshot = await ask("GET", "snapshot");
      if (mine !== tries) return;
      store.messages.clear();
      take(snapshot);
    } catch {
      if (mine === tries) lost();
      return;
    }
    source = new EventSource(`_simulator/events?after=${store.seq}`);
    source.onopen = () => {
      pause = 0;
      store.connection = "live";
      store.changed();
    };
    source.onerror = lost;
    source.addEventListener("change", (event) => take(JSON.parse(event.data)));
    source.addEventListener("reload", connect);
  }

  document.addEventListener("visibilitychange", connect);
  store.connect = connect;
  return store;
}

// The receipts of a message that there are by now, oldest first.
export function receiptsBy(message, now) {
  return message.receipts.filter(({ at_ms }) => at_ms <= now);
}

// When a message shows on its phone, or null.
export function shownAt(message) {
  return message.direction === "inbound" ? message.sent_at_ms : message.arrives_at_ms;
}

// The next time at which something changes by itself.
export function nextDue(messages, now) {
  let due = Infinity;
  for (const message of messages) {
    for (const { at_ms } of message.receipts) if (at_ms > now && at_ms < due) due = at_ms;
    const at = shownAt(message);
    if (at !== null && at > now && at < due) due = at;
  }
  return due;
}
