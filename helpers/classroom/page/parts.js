// Small things that both pages need. Whatever comes from outside is only ever set as text.

export function setText(node, words) {
  if (node.textContent !== words) node.textContent = words;
}

// An answer of the class, or an Error whose message is for people; its `status` is undefined where nobody answered.
export async function ask(method, path, { body, authorization } = {}) {
  const headers = {};
  if (authorization) headers.Authorization = authorization;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const options = { method, headers, cache: "no-store", credentials: "omit" };
  if (body !== undefined) options.body = JSON.stringify(body);
  let answer;
  try {
    answer = await fetch(path, options);
  } catch {
    throw new Error("The class does not answer. Is it still running, and is this machine on the same network?");
  }
  if (answer.status === 204) return null;
  const data = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(inWords(data)), { status: answer.status });
  return data;
}

function inWords(data) {
  const detail = data.errors?.[0]?.detail ?? "That did not work.";
  if (typeof detail === "string") return detail;
  return Object.values(detail.data?.attributes ?? {}).flat().join(" ");
}

// Copy the text of a node. Without https a browser gives no clipboard; the old way still works in most of them.
export async function copyTextOf(node, said) {
  try {
    await navigator.clipboard.writeText(node.textContent);
    setText(said, "Copied.");
  } catch {
    getSelection().selectAllChildren(node);
    setText(said, document.execCommand("copy") ? "Copied." : "Selected: copy it with the keyboard.");
  }
}
