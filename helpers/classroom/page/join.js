// The page to join: a name and the class code in, a class address out. It stays through a reload, in this tab alone.

import { $ } from "./elements.js";
import { ask, copyTextOf, setText } from "./parts.js";

const KEPT = "class-seat";

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

function show(seat) {
  $("join").hidden = seat !== null;
  $("joined").hidden = seat === null;
  if (seat === null) return;
  setText($("joined-title"), `You are in, ${seat.name}.`);
  setText($("address"), seat.address);
  setText($("number"), seat.number.replace(/^1(\d{3})(\d{3})(\d{4})$/, "($1) $2-$3"));
  setText($("copied"), "");
}

function forget(words = "") {
  sessionStorage.removeItem(KEPT);
  show(null);
  setText($("problem"), words);
}

$("join").addEventListener("submit", async (event) => {
  event.preventDefault();
  setText($("problem"), "");
  $("send").disabled = true; // one seat for one person: a second click would take another
  try {
    const seat = await ask("POST", "class/join", { body: { name: $("name").value, code: $("code").value } });
    sessionStorage.setItem(KEPT, JSON.stringify(seat));
    show(seat);
    $("joined").focus();
  } catch (problem) {
    setText($("problem"), problem.message);
    const field = problem.status === 422 ? $("name") : $("code");
    if (problem.status) field.focus();
  } finally {
    $("send").disabled = false;
  }
});

$("copy").addEventListener("click", () => copyTextOf($("address"), $("copied")));
$("forget").addEventListener("click", () => {
  forget();
  $("code").value = "";
  $("name").focus();
});

// A seat that the teacher has taken away, or one of an earlier class, is no use any more: say so at once.
async function look(seat) {
  const keys = seat.address.replace(/^.*?\/\//, "").split("@")[0];
  try {
    await ask("GET", "class/me", { authorization: `Basic ${btoa(keys)}` });
  } catch (problem) {
    if (problem.status === 401) forget("The seat that this page knew is gone. Join again.");
  }
}

const seat = kept();
show(seat);
if (seat) look(seat);
