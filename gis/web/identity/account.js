/* My account: what has to be done first, who I am and may do, sessions, another password, one-time codes. */
import { drawCodes } from "./account_codes.js";
import { drawSessions, fetchSessions } from "./account_sessions.js";
import { ask } from "./api.js";
import { openPage, portrait } from "./frame.js";
import { announce, field, form } from "./pieces.js";

const { foreign, make, say, sayValue } = window.wangge;
const byId = (id) => document.getElementById(id);
let me = null;
let roles = [];
let sessions = [];

function drawWho() {
  byId("who").replaceChildren(portrait(me.name), make("div", {},
    make("h1", {}, foreign(me.name)),
    make("p", { class: "soft" }, make("code", { text: me.login }), " · ", foreign(me.unit))));
}

/** Where to go on once nothing has to be done first: a path of this site that was on the way here. */
function nextPath() {
  const wanted = new URLSearchParams(window.location.search).get("next") ?? "/";
  const address = URL.canParse(wanted, window.location.origin) ? new URL(wanted, window.location.origin) : null;
  // a path that begins with two slashes would, on its own, name another site
  const isOurs = address?.origin === window.location.origin && !address.pathname.startsWith("//");
  return isOurs ? `${address.pathname}${address.search}${address.hash}` : "/";
}

function drawNeeds() {
  byId("needs").hidden = !me.needs.length && !wasNeedy;
  if (byId("needs").hidden) return;
  if (!me.needs.length) {
    byId("needs").classList.add("well");
    byId("needs").replaceChildren(make("h2", { word: "needs_done" }), make("p", {}, make("a", { href: nextPath(), word: "go_on", id: "go-on" })));
    return;
  }
  const anchors = { password: "#password-box", second_factor: "#codes-box" };
  byId("needs").replaceChildren(make("h2", { word: "needs_title" }),
    make("ul", {}, ...me.needs.map((need) => make("li", {}, make("a", { href: anchors[need], word: `need_${need}` })))));
}

let wasNeedy = false;

/** My rights with how far each reaches: everywhere, on branches, or for what is my own. */
function reachOf(right) {
  const found = me.grants.flatMap((grant) => {
    const reach = roles.find((one) => one.role === grant.role)?.rights[right];
    if (!reach) return [];
    return [reach === "branch" ? say("reach_on", { unit: grant.unit }) : say(`reach_${reach}`)];
  });
  return [...new Set(found)].join(say("list_comma"));
}

function drawRights() {
  if (!me.grants.length) {
    byId("rights").replaceChildren(make("p", { class: "nothing", word: "no_roles" }));
    return;
  }
  const mine = me.rights.filter((right) => right !== "account:own");
  byId("rights").replaceChildren(
    make("ul", { class: "grants" }, ...me.grants.map((grant) => make("li", {},
      make("strong", { text: sayValue("role", grant.role) }), make("span", { class: "soft" }, foreign(grant.unit))))),
    make("h3", { word: "you_may" }),
    make("ul", { class: "rights" }, ...mine.map((right) => make("li", {},
      make("span", { text: sayValue("right", right) }), make("span", { class: "soft" }, foreign(reachOf(right)))))));
}

function drawPassword() {
  const old = field("present_password", { name: "old_password", type: "password", autocomplete: "current-password", required: "", maxlength: 256 });
  const next = field("new_password", { name: "password", type: "password", autocomplete: "new-password", required: "", maxlength: 256 }, { hint: "new_password_hint" });
  byId("password").replaceChildren(
    make("p", { class: "soft", word: "another_password_lead" }),
    form([make("input", { type: "text", name: "username", autocomplete: "username", value: me.login, hidden: "" }), old, next], "set_password", async (given) => {
      await ask("/v1/me/password", { method: "POST", body: { old_password: given.old_password, password: given.password } });
      drawPassword();
      announce("password_is_set");
      await refresh();
    }));
}

/** Read again who I am and which sessions there are, and draw what depends on it. */
async function refresh() {
  [me, sessions] = [await ask("/v1/me"), await fetchSessions()];
  drawNeeds();
  drawSessions(sessions, refresh);
}

async function afterCodes() {
  await refresh();
  drawCodes(me, afterCodes);
}

function draw() {
  drawNeeds();
  drawWho();
  drawRights();
  drawSessions(sessions, refresh);
}

await openPage({
  title: "my_account",
  async start(found) {
    me = found;
    wasNeedy = me.needs.length > 0;
    roles = (await ask("/v1/roles")).roles;
    sessions = await fetchSessions();
    drawPassword();
    drawCodes(me, afterCodes);
  },
  draw,
});
