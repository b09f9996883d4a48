/* The tree of organisational units. */
import { ask } from "./api.js";
import { announce, button, field, form, openDialog, unitPicker, withDepth } from "./pieces.js";

const { foreign, make, say } = window.wangge;

function addUnit(units, refresh, parent) {
  const dialog = openDialog("add_unit", [form([
    field("unit_code", { name: "code", autocomplete: "off", spellcheck: "false", required: "", maxlength: 64 }),
    field("unit_name", { name: "name", autocomplete: "off", required: "", maxlength: 200 }),
    unitPicker("unit_above", "parent_code", units, parent),
    field("unit_area", { name: "area_code", autocomplete: "off", maxlength: 64 }, { hint: "unit_area_hint" }),
  ], "add_unit", async ({ code, name, parent_code, area_code }) => {
    await ask("/v1/units", { method: "POST", body: { code, name, parent_code, area_code } });
    dialog.close();
    announce("unit_added", { name });
    await refresh();
  }, { others: [button("cancel", () => dialog.close())] })]);
}

export function drawUnits(view, units, refresh) {
  const rows = withDepth(units).map((unit) => make("li", { class: `unit-line depth-${Math.min(unit.depth, 5)}`, "data-unit": unit.code },
    make("span", { class: "unit-name" }, make("strong", {}, foreign(unit.name)), make("code", { text: unit.code })),
    make("span", { class: "soft", text: unit.area_code ? say("area_is", { code: unit.area_code }) : "" }),
    button("add_below", () => addUnit(units, refresh, unit.code), { kind: "plain", "aria-label": say("add_below_of", { name: unit.name }) })));
  view.replaceChildren(
    make("p", { class: "soft", word: "units_lead" }),
    make("div", { class: "verbs" }, button("add_unit", () => addUnit(units, refresh), { kind: "primary", id: "add-unit" })),
    units.length ? make("ul", { class: "box list tree" }, ...rows) : make("p", { class: "box nothing", word: "no_units" }));
}
