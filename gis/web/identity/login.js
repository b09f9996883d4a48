/* Sign in, or set the first password; then go where the reader wanted to go: a path of this site, never another one. */
import { Refusal, ask } from "./api.js";
import { beginPage, markReady } from "./frame.js";
import { field, form } from "./pieces.js";

const { make, say } = window.wangge;
const door = document.getElementById("door");
const isFirst = () => window.location.hash === "#first";

/** Where to go: `next`, if it is a path of this site. */
function following() {
  const wanted = new URLSearchParams(window.location.search).get("next") ?? "/";
  const address = URL.canParse(wanted, window.location.origin) ? new URL(wanted, window.location.origin) : null;
  // a path that begins with two slashes would, on its own, name another site
  const isOurs = address?.origin === window.location.origin && !address.pathname.startsWith("//");
  return isOurs ? `${address.pathname}${address.search}${address.hash}` : "/";
}

async function enter(given) {
  await ask("/v1/sessions", { method: "POST", body: given });
  const me = await ask("/v1/me");
  const next = following();
  window.location.replace(me.needs.length ? `/account?${new URLSearchParams({ next })}` : next);
}

const loginField = (rest) => field("login_name", { name: "login", autocomplete: "username", autocapitalize: "none", spellcheck: "false", required: "", maxlength: 100, ...rest });

function signInForm() {
  const code = field("one_time_code", { name: "code", autocomplete: "one-time-code", spellcheck: "false", maxlength: 64 }, { hint: "one_time_code_hint" });
  code.hidden = true;
  const element = form([loginField(), field("password", { name: "password", type: "password", autocomplete: "current-password", required: "", maxlength: 256 }), code],
    "sign_in", async (given) => {
      try {
        await enter(given);
      } catch (refusal) {
        if (refusal instanceof Refusal && refusal.code === "code-needed") showCode(code);
        throw refusal;
      }
    }, { id: "sign-in" });
  return element;
}

function showCode(code) {
  code.hidden = false;
  const input = code.querySelector("input");
  input.required = true;
  input.focus();
}

function firstForm() {
  return form([
    loginField(),
    field("one_time_secret", { name: "secret", autocomplete: "off", autocapitalize: "none", spellcheck: "false", required: "", maxlength: 256 }, { hint: "one_time_secret_hint" }),
    field("new_password", { name: "password", type: "password", autocomplete: "new-password", required: "", maxlength: 256 }, { hint: "new_password_hint" }),
  ], "set_and_sign_in", async ({ login, secret, password }) => {
    await ask("/v1/sessions/activate", { method: "POST", body: { login, secret, password } });
    await enter({ login, password });
  }, { id: "first" });
}

function show() {
  door.replaceChildren(
    make("h1", { word: isFirst() ? "first_password" : "sign_in" }),
    make("p", { class: "lead", word: isFirst() ? "first_password_lead" : "sign_in_lead" }),
    isFirst() ? firstForm() : signInForm(),
    make("p", { class: "turn" }, make("a", { href: isFirst() ? "#" : "#first", word: isFirst() ? "have_password" : "have_secret", id: "turn" })),
  );
  nameDocument();
  door.querySelector("input").focus();
}

function nameDocument() {
  document.title = `${say(isFirst() ? "first_password" : "sign_in")} · ${say("product")}`;
  // what was said stands in the other language; the reader tries again
  for (const said of door.querySelectorAll(".said")) said.textContent = "";
}

await beginPage(nameDocument);
// what is not shown yet takes no focus
document.documentElement.dataset.known = "yes";
show();
window.addEventListener("hashchange", show);
markReady();
