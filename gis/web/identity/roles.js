/* What each role may do, and how far. */
const { make, say, sayValue } = window.wangge;
const REACHES = ["everywhere", "branch", "own"];

function cell(rights, reach) {
  const held = Object.entries(rights).filter(([, one]) => one === reach);
  return make("td", { "data-head": say(`reach_${reach}`), class: held.length ? undefined : "none" },
    held.length ? make("ul", {}, ...held.map(([right]) => make("li", { text: sayValue("right", right) }))) : "–");
}

export function drawRoles(view, roles) {
  const rows = roles.map(({ role, is_administrator: isAdministrator, rights }) => make("tr", {},
    make("th", { scope: "row" }, make("span", { text: sayValue("role", role) }), isAdministrator ? make("span", { class: "tag", word: "administrator" }) : null),
    ...REACHES.map((reach) => cell(rights, reach))));
  view.replaceChildren(
    make("p", { class: "soft", word: "roles_lead" }),
    make("table", { class: "box roles" },
      make("thead", {}, make("tr", {}, make("th", { scope: "col", word: "role" }), ...REACHES.map((reach) => make("th", { scope: "col", word: `reach_${reach}` })))),
      make("tbody", {}, ...rows)));
}
