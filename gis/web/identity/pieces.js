/* Fields, forms and dialogs. Every text goes in with textContent. */
import { sentenceOf } from "./api.js";

const { make, say } = window.wangge;
let made = 0;
const newId = (start) => {
  made += 1;
  return `${start}-${made}`;
};

export const button = (word, onclick, { kind = "", ...rest } = {}) =>
  make("button", { type: "button", class: `button ${kind}`.trim(), word, onclick, ...rest });

/** A labelled input; `hint` is a word that stands below it and is read with it. */
export function field(word, attributes, { hint, element = "input", children = [] } = {}) {
  const id = newId(attributes.name ?? "field");
  const hintId = hint ? `${id}-hint` : undefined;
  const input = make(element, { id, "aria-describedby": hintId, ...attributes }, ...children);
  const holder = attributes.type === "password" ? make("span", { class: "secret" }, input, showToggle(input)) : input;
  return make("div", { class: "field" }, make("label", { for: id, word }), holder,
    hint ? make("p", { class: "hint", id: hintId, word: hint }) : null);
}

/** A button that shows what was typed: long passwords are easier to get right. */
function showToggle(input) {
  const toggle = make("button", { type: "button", class: "show", word: "show", "aria-pressed": "false" });
  toggle.addEventListener("click", () => {
    const isShown = input.type === "password";
    input.type = isShown ? "text" : "password";
    toggle.setAttribute("aria-pressed", String(isShown));
  });
  return toggle;
}

/** A choice; `options`: pairs of value and text. */
export const choice = (word, name, options, rest = {}) => field(word, { name, ...rest }, {
  element: "select", children: options.map(([value, text]) => make("option", { value, text })),
});

const valuesOf = (form) => Object.fromEntries([...new FormData(form)].map(([key, value]) => [key, value.trim?.() ?? value]).filter(([, value]) => value !== ""));

function showRefusal(form, said, refusal) {
  said.className = "said bad";
  said.textContent = sentenceOf(refusal);
  const names = new Set((refusal.errors ?? []).map((error) => error.field));
  const wrong = [...form.elements].filter((element) => names.has(element.name));
  for (const element of wrong) element.setAttribute("aria-invalid", "true");
  wrong[0]?.focus();
}

/** A form that tells what was refused. `onsubmit(values)` may throw; passwords are left as they were typed. */
export function form(fields, verb, onsubmit, { kind = "primary", others = [], ...rest } = {}) {
  const said = make("p", { class: "said", role: "alert" });
  const submit = make("button", { type: "submit", class: `button ${kind}`, word: verb });
  const element = make("form", rest, ...fields, said, make("div", { class: "verbs" }, submit, ...others));
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    said.textContent = "";
    said.className = "said";
    for (const one of element.querySelectorAll("[aria-invalid]")) one.removeAttribute("aria-invalid");
    submit.disabled = true;
    try {
      await onsubmit({ ...valuesOf(element), ...passwordsOf(element) });
    } catch (refusal) {
      showRefusal(element, said, refusal);
    } finally {
      submit.disabled = false;
    }
  });
  return element;
}

/** Passwords as they were typed: a blank at the end belongs to them. */
const passwordsOf = (element) => Object.fromEntries([...element.querySelectorAll(".secret input")]
  .filter((input) => input.value).map((input) => [input.name, input.value]));

/** Open a dialog over the page; `isKept`: it goes only by its own buttons, because what it shows is shown once. */
export function openDialog(title, content, { isKept = false, values = {} } = {}) {
  const id = newId("dialog");
  const close = isKept ? null : button("close", () => dialog.close(), { kind: "plain" });
  const dialog = make("dialog", { "aria-labelledby": id, closedby: isKept ? "none" : "any" },
    make("div", { class: "dialog-head" }, make("h2", { id, text: say(title, values) }), close), ...content);
  dialog.addEventListener("cancel", (event) => {
    if (isKept && event.target === dialog) event.preventDefault();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Ask before something that cannot be undone; `act()` may throw, then the dialog says why and stays. */
export function confirmThen(title, text, verb, act, values = {}) {
  const dialog = openDialog(title, [
    make("p", { text: say(text, values) }),
    form([], verb, async () => {
      await act();
      dialog.close();
    }, { kind: "grave", others: [button("cancel", () => dialog.close())] }),
  ], { values });
  return dialog;
}

/** A button that copies; where the browser does not let us, the text is marked for the reader to copy. */
export function copyButton(textOf, marked) {
  const copy = button("copy", async () => {
    try {
      await navigator.clipboard.writeText(textOf());
      copy.dataset.word = "copied";
    } catch {
      window.getSelection().selectAllChildren(marked);
      copy.dataset.word = "copy_yourself";
    }
    copy.textContent = say(copy.dataset.word);
  }, { "aria-live": "polite" });
  return copy;
}

/** A secret that is shown once, to hand over. */
export function showSecret(title, { user, secret }) {
  const shown = make("output", { class: "secret-shown", text: secret });
  const until = window.wangge.moment(new Date(user.secret_until));
  const dialog = openDialog(title, [
    make("p", { text: say("secret_hand_over", { name: user.name, login: user.login }) }),
    shown,
    make("p", { class: "hint", text: say("secret_until", { until }) }),
    make("div", { class: "verbs" }, copyButton(() => secret, shown), button("secret_kept", () => dialog.close(), { kind: "primary" })),
  ], { isKept: true });
  return dialog;
}

/** Say what was done, to everybody. */
export function announce(word, values = {}) {
  const said = document.getElementById("said");
  said.textContent = "";
  window.requestAnimationFrame(() => {
    said.textContent = say(word, values);
  });
}

/** How deep each unit stands: units come each behind the one above it. */
export function withDepth(units) {
  const depths = new Map();
  return units.map((unit) => {
    const depth = (depths.get(unit.parent_code) ?? -1) + 1;
    depths.set(unit.code, depth);
    return { ...unit, depth };
  });
}

/** Choose a unit from the tree; typing narrows it. */
export function unitPicker(word, name, units, chosen = units[0]?.code) {
  const rows = withDepth(units).map((unit) => {
    const radio = make("input", { type: "radio", name, value: unit.code, required: "" });
    radio.checked = unit.code === chosen;
    const row = make("label", { class: `unit-row depth-${Math.min(unit.depth, 5)}` }, radio, window.wangge.foreign(unit.name), make("code", { text: unit.code }));
    return { row, text: `${unit.name} ${unit.code}`.toLowerCase() };
  });
  const none = make("p", { class: "hint", word: "nothing_found", hidden: "" });
  const search = make("input", { type: "search", class: "unit-search", autocomplete: "off", label: "unit_search", placeholder: say("unit_search") });
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    for (const { row, text } of rows) row.hidden = !text.includes(wanted);
    none.hidden = rows.some(({ row }) => !row.hidden);
  });
  return make("fieldset", { class: "units" }, make("legend", { word }), search, make("div", { class: "unit-rows" }, ...rows.map(({ row }) => row), none));
}
