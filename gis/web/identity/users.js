/* Users, units and roles, for the security administrator. */
import { ask } from "./api.js";
import { openPage, portrait } from "./frame.js";
import { button, choice, field, form, openDialog, showSecret, unitPicker, withDepth } from "./pieces.js";
import { drawRoles } from "./roles.js";
import { drawUnits } from "./units.js";
import { openUser, stateOf } from "./user_sheet.js";

const { foreign, make, say } = window.wangge;
const view = document.getElementById("view");
const STATES = ["active", "waiting", "expired", "disabled"];
const STATE_LOOKS = { active: "good", waiting: "", expired: "warn", disabled: "bad" };
const filter = { text: "", unit: "", state: "" };
const known = { me: null, users: [], units: [], roles: [] };

async function refreshUsers() {
  known.users = (await ask("/v1/users")).users;
  if (viewName() === "users") drawList();
}

async function refreshUnits() {
  known.units = (await ask("/v1/units")).units;
  draw();
}

/** The codes of a unit and of all below it: units come each behind the one above it. */
function branchOf(code) {
  const branch = new Set([code]);
  for (const unit of known.units) if (branch.has(unit.parent_code)) branch.add(unit.code);
  return branch;
}

function shownUsers() {
  const branch = filter.unit ? branchOf(filter.unit) : null;
  const wanted = filter.text.trim().toLowerCase();
  return known.users.filter((user) => (!branch || branch.has(user.unit_code))
    && (!filter.state || stateOf(user) === filter.state)
    && `${user.name} ${user.login} ${user.unit}`.toLowerCase().includes(wanted));
}

const stateTag = (user) => make("span", { class: `tag ${STATE_LOOKS[stateOf(user)]}`.trim(), text: say(`state_${stateOf(user)}`) });

function row(user) {
  return make("li", {}, make("button", { type: "button", class: "user-row", "data-login": user.login, onclick: () => openUser(user.id, known, refreshUsers) },
    portrait(user.name),
    make("span", { class: "user-name" }, make("strong", {}, foreign(user.name)), make("span", { class: "soft", text: user.login })),
    make("span", { class: "user-unit soft" }, foreign(user.unit)),
    make("span", { class: "user-tags" }, user.has_codes ? make("span", { class: "tag", word: "with_codes" }) : null, stateTag(user))));
}

function drawList() {
  const found = shownUsers();
  document.getElementById("count").textContent = say("users_n", { n: window.wangge.number(found.length), all: window.wangge.number(known.users.length) });
  document.getElementById("list").replaceChildren(found.length
    ? make("ul", { class: "box list" }, ...found.map(row))
    : make("p", { class: "box nothing", word: known.users.length ? "nothing_found" : "no_users" }));
}

function drawUsers() {
  const units = [["", say("all_units")], ...withDepth(known.units).map((unit) => [unit.code, `${"\u3000".repeat(unit.depth)}${unit.name}`])];
  const states = [["", say("all_states")], ...STATES.map((state) => [state, say(`state_${state}`)])];
  const tools = make("form", { class: "tools", role: "search" },
    field("search", { name: "text", type: "search", autocomplete: "off", value: filter.text }),
    choice("unit", "unit", units), choice("state", "state", states),
    button("add_user", addUser, { kind: "primary", id: "add-user" }));
  tools.elements.unit.value = filter.unit;
  tools.elements.state.value = filter.state;
  tools.addEventListener("submit", (event) => event.preventDefault());
  tools.addEventListener("input", (event) => {
    filter[event.target.name] = event.target.value;
    drawList();
  });
  view.replaceChildren(tools, make("p", { class: "hint", id: "count", role: "status" }), make("div", { id: "list" }));
  drawList();
}

function addUser() {
  const dialog = openDialog("add_user", [form([
    field("login_name", { name: "login", autocomplete: "off", autocapitalize: "none", spellcheck: "false", required: "", maxlength: 64, pattern: "[A-Za-z0-9][A-Za-z0-9._@\\-]*" }, { hint: "login_hint" }),
    field("person_name", { name: "name", autocomplete: "off", required: "", maxlength: 100 }),
    unitPicker("unit", "unit_code", known.units),
  ], "add_user", async (given) => {
    const added = await ask("/v1/users", { method: "POST", body: { login: given.login, name: given.name, unit_code: given.unit_code } });
    dialog.close();
    showSecret("user_added", added).addEventListener("close", () => openUser(added.user.id, known, refreshUsers));
    await refreshUsers();
  }, { others: [button("cancel", () => dialog.close())] })]);
}

const VIEWS = {
  users: drawUsers,
  units: () => drawUnits(view, known.units, refreshUnits),
  roles: () => drawRoles(view, known.roles),
};
const viewName = () => (Object.hasOwn(VIEWS, window.location.hash.slice(1)) ? window.location.hash.slice(1) : "users");

function draw() {
  for (const link of document.querySelectorAll("[data-view]")) {
    if (link.dataset.view === viewName()) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  VIEWS[viewName()]();
}

await openPage({
  title: "users_title",
  right: "users:manage",
  async start(me) {
    known.me = me;
    const [users, units, roles] = await Promise.all(["/v1/users", "/v1/units", "/v1/roles"].map((path) => ask(path)));
    Object.assign(known, users, units, roles);
    window.addEventListener("hashchange", draw);
  },
  draw,
});
