/* The audit log: newest first, filtered, page by page, each entry as a sentence. */
import { Unfit, ask, sentenceOf } from "./api.js";
import { openPage } from "./frame.js";
import { button, choice, field, form } from "./pieces.js";

const { foreign, make, moment, pairs, say, sayValue } = window.wangge;
const ACTIONS = [
  "session.begin", "session.refuse", "session.leave", "session.end", "provider.tie", "password.set", "codes.on", "codes.off", "secret.give",
  "user.add", "user.disable", "user.enable", "role.grant", "role.take", "unit.add", "release.publish", "plan.open", "plan.import", "plan.repair",
  "plan.undo", "plan.redo", "hole.intend", "hole.take_back", "job.cancel", "events.import", "events.relocate", "events.export", "findings.export", "map.export", "audit.export", "audit.drop",
  "personal.reveal", "personal.search", "personal.change", "personal.export", "personal.erase", "personal.retain", "key.rotate",
];
const SUBJECTS = ["user", "session", "unit", "release", "plan", "hole", "job", "event", "check", "map", "worker", "key"];
const place = document.getElementById("entries");
let entries = [];
let next = null;

// what the form cannot show does not count either
const isMoment = (text) => /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?$/.test(text) && !Number.isNaN(Date.parse(text));
const FITS = { since: isMoment, until: isMoment, action: (text) => ACTIONS.includes(text), subject: (text) => SUBJECTS.includes(text) };

/** The filter as it stands in the address behind `#`, so that a view can be kept and passed on. */
function filter() {
  const given = [...new URLSearchParams(window.location.hash.slice(1))].filter(([name, value]) => !Object.hasOwn(FITS, name) || FITS[name](value));
  const { id, ...rest } = Object.fromEntries(given);
  // a number says something of one kind of things only
  return rest.subject && id ? { ...rest, id } : rest;
}

/** What the service is asked: moments with their zone, the subject as kind or kind:id. */
function parameters(rest = {}) {
  const { since, until, actor, action, subject, id } = filter();
  const exact = (text) => text && new Date(text).toISOString();
  const wanted = { since: exact(since), until: exact(until), actor, action, subject: subject && (id ? `${subject}:${id}` : subject), ...rest };
  return new URLSearchParams(Object.entries(wanted).filter(([, value]) => value));
}

/** An entry in a sentence; a dash for each fact it lacks. */
function sentence({ action, actor, detail, subject_id: subject, subject_kind: kind }) {
  const word = (name) => detail[name] && sayValue(name, detail[name]);
  const values = { role: word("role"), form: word("form"), map: sayValue("map", subject), kind: sayValue("subject", kind), user: detail.login ?? subject };
  return say(`act_${action}`, { ...detail, ...values, actor, subject }, "–");
}

function row(entry) {
  const facts = pairs([
    ["entry_number", entry.number === null ? say("not_sealed_yet") : window.wangge.number(entry.number)],
    ["action", entry.action], ["subject", entry.subject_kind && [entry.subject_kind, entry.subject_id].filter(Boolean).join(":")],
    ["address", entry.address], ["session", entry.session_id], ["request", entry.request],
    ...Object.entries(entry.detail).map(([key, value]) => [key, typeof value === "object" ? JSON.stringify(value) : String(value)]),
  ]);
  return make("li", { "data-action": entry.action }, make("details", {}, make("summary", {},
    make("time", { datetime: entry.at, class: "soft", text: moment(new Date(entry.at)) }),
    make("span", { class: "what" }, foreign(sentence(entry))),
    make("span", { class: "soft from", text: entry.address ?? "" })), facts));
}

function drawEntries() {
  document.getElementById("csv").href = `/v1/audit?${parameters({ f: "csv", limit: 1000 })}`;
  if (!entries.length) {
    place.replaceChildren(make("p", { class: "box nothing", word: "no_entries" }));
    return;
  }
  const more = next ? button("older", () => readMore(), { id: "older" }) : make("span", { class: "hint", word: "no_older" });
  place.replaceChildren(make("ul", { class: "box list entries" }, ...entries.map(row)), make("div", { class: "verbs centred" }, more));
}

async function read() {
  const page = await ask(`/v1/audit?${parameters()}`);
  [entries, next] = [page.entries, page.next];
}

async function readMore() {
  const shown = entries.length;
  const page = await ask(next);
  entries = [...entries, ...page.entries];
  next = page.next;
  drawEntries();
  place.querySelectorAll("summary")[shown]?.focus();
}

async function readAgain() {
  try {
    await read();
    drawEntries();
  } catch (refusal) {
    place.replaceChildren(make("p", { class: "said bad", role: "alert", text: sentenceOf(refusal) }));
  }
}

function drawFilters() {
  const given = filter();
  const any = ["", say("any")];
  const actions = [any, ...ACTIONS.map((action) => [action, say(`action_${action}`)])];
  const subjects = [any, ...SUBJECTS.map((kind) => [kind, say(`subject_${kind}`)])];
  const element = form([make("div", { class: "filters" },
    field("from_when", { name: "since", type: "datetime-local" }), field("to_when", { name: "until", type: "datetime-local" }),
    field("actor", { name: "actor", autocomplete: "off", maxlength: 200 }),
    choice("action", "action", actions), choice("subject", "subject", subjects),
    field("subject_number", { name: "id", autocomplete: "off", maxlength: 100 }))],
  "show_entries", async (wanted) => {
    if (wanted.id && !wanted.subject) throw new Unfit("subject_first");
    const address = `#${new URLSearchParams(wanted)}`;
    if (address === (window.location.hash || "#")) await readAgain();
    else window.location.hash = address;
  }, { id: "filter-form", others: [
    button("clear", () => {
      window.location.hash = "";
    }, { id: "clear" }),
    make("a", { class: "button", id: "csv", download: "audit.csv", word: "as_csv", href: "/v1/audit?f=csv" }),
  ] });
  for (const [name, value] of Object.entries(given)) if (element.elements[name]) element.elements[name].value = value;
  document.getElementById("filters").replaceChildren(element);
}

function draw() {
  drawFilters();
  drawEntries();
}

await openPage({
  title: "audit_log",
  right: "audit:read",
  async start() {
    await read();
    window.addEventListener("hashchange", async () => {
      drawFilters();
      await readAgain();
    });
  },
  draw,
});
