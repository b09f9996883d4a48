/* One user: who it is, what it may do, and what an administrator can do about it. */
import { ask } from "./api.js";
import { button, choice, confirmThen, field, form, openDialog, showSecret, unitPicker } from "./pieces.js";

const { calendarDay, foreign, make, moment, pairs, say, sayValue } = window.wangge;
const DAY_MS = 86_400_000;

/** Whether a user can sign in, and if not why. */
export function stateOf(user) {
  if (user.disabled_at) return "disabled";
  if (user.has_password) return "active";
  return user.secret_until && new Date(user.secret_until) > new Date() ? "waiting" : "expired";
}

const moved = (day, days) => new Date(Date.parse(day) + days * DAY_MS).toISOString().slice(0, 10);

/** The first and the last day of a grant; the service keeps the day after the last. */
function daysOf(grant) {
  const from = calendarDay(grant.valid_from);
  return grant.valid_to ? say("days_from_to", { from, to: calendarDay(moved(grant.valid_to, -1)) }) : say("days_from", { from });
}

/** Open the sheet of a user. `known`: me, units, roles; `refresh`: reads the list again. */
export async function openUser(id, known, refresh) {
  const body = make("div", { class: "sheet-body" });
  const said = make("p", { class: "said", role: "status" });
  const path = `/v1/users/${id}`;

  async function draw(word = null) {
    const [user, { grants }] = await Promise.all([ask(path), ask(`${path}/grants`)]);
    body.replaceChildren(facts(user), isMe() ? make("p", { class: "hint", word: "said_own_rights" }) : actions(user),
      make("h3", { word: "roles" }), grantList(user, grants),
      isMe() ? "" : make("div", { class: "verbs" }, button("grant_role", () => openGrant(user), { kind: "primary", id: "grant-role" })));
    said.className = word ? "said good" : "said";
    said.textContent = word ? say(word) : "";
    return user;
  }

  const isMe = () => known.me.id === id;
  const changed = async (word) => {
    await draw(word);
    await refresh();
  };

  function facts(user) {
    return make("div", { class: "facts" }, pairs([
      ["login_name", user.login], ["unit", user.unit], ["state", say(`state_${stateOf(user)}`)],
      ["one_time_codes", say(user.has_codes ? "is_on" : "is_off")],
      ["secret_good_until", user.secret_until && !user.has_password ? moment(new Date(user.secret_until)) : null],
      ["disabled_since", user.disabled_at ? moment(new Date(user.disabled_at)) : null],
      ["added", say("by_whom", { moment: moment(new Date(user.created_at)), who: user.created_by })],
    ]));
  }

  function actions(user) {
    const values = { name: user.name };
    const act = (method, address, word) => async () => {
      await ask(`${path}${address}`, { method });
      await changed(word);
    };
    return make("div", { class: "verbs" },
      button("new_secret", () => {
        confirmThen("new_secret", "new_secret_text", "new_secret", async () => {
          showSecret("new_secret", await ask(`${path}/secret`, { method: "POST" }));
          await changed("secret_given");
        }, values);
      }, { id: "new-secret" }),
      button("end_sessions", () => confirmThen("end_sessions", "end_sessions_text", "end_sessions", act("DELETE", "/sessions", "sessions_ended"), values), { id: "end-sessions" }),
      user.disabled_at
        ? button("enable", () => confirmThen("enable", "enable_text", "enable", act("POST", "/enable", "enabled"), values), { id: "enable" })
        : button("disable", () => confirmThen("disable", "disable_text", "disable", act("POST", "/disable", "disabled"), values), { kind: "grave-line", id: "disable" }));
  }

  function grantList(user, grants) {
    if (!grants.length) return make("p", { class: "nothing", word: "no_grants" });
    return make("ul", { class: "rows" }, ...grants.map((grant) => make("li", {}, make("div", {},
      make("strong", { text: sayValue("role", grant.role) }), make("span", { class: "soft" }, foreign(grant.unit)),
      make("span", { class: "soft", text: `${daysOf(grant)} · ${grant.granted_by}` })),
    isMe() ? null : button("take_role", () => confirmThen("take_role", "take_role_text", "take_role", async () => {
      await ask(`${path}/grants/${grant.id}`, { method: "DELETE" });
      await changed("role_taken");
    }, { name: user.name, role: sayValue("role", grant.role), unit: grant.unit }), { "data-grant": grant.id }))));
  }

  function openGrant(user) {
    const roles = known.roles.map(({ role }) => [role, sayValue("role", role)]);
    const grant = openDialog("grant_role", [form([
      choice("role", "role", roles),
      unitPicker("unit", "unit_code", known.units, user.unit_code),
      make("div", { class: "two-fields" },
        field("first_day", { name: "valid_from", type: "date" }, { hint: "first_day_hint" }),
        field("last_day", { name: "last_day", type: "date" }, { hint: "last_day_hint" })),
    ], "grant_role", async ({ role, unit_code, valid_from, last_day }) => {
      const wanted = { role, unit_code, valid_from, valid_to: last_day && moved(last_day, 1) };
      await ask(`${path}/grants`, { method: "POST", body: wanted });
      grant.close();
      await changed("role_granted");
    }, { others: [button("cancel", () => grant.close())] })]);
  }

  const user = await draw();
  openDialog("user_named", [said, body], { values: { name: user.name } }).classList.add("sheet");
}
