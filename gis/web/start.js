/* The start page: numbers of the district in force today, and the next step where there are none yet. */
import { ask } from "./identity/api.js";
import { beginPage, fetchMe } from "./identity/frame.js";

const { make, say, number } = window.wangge;
const STEPS = [
  ["step_areas", "wangge area import district.gpkg --level district --apply\nwangge area import streets.gpkg --level street --apply\nwangge area import communities.gpkg --level community --apply"],
  ["step_grids", "wangge grid import grids.gpkg --kind natural --apply"],
  ["step_check", "wangge grid check"],
  ["step_publish", "wangge release publish --from 2026-01-01 --apply"],
  ["step_events", "wangge event import events.csv --crs wgs84 --apply"],
];
const EVENTS_STEP = 4;
const byId = (id) => document.getElementById(id);
let me = null;
let summary = null;
let isUnreachable = false;

function figure(word, value, { more = "", isBad = false } = {}) {
  return make("div", {}, make("dt", { word }),
    make("dd", { text: value, class: isBad ? "bad" : undefined }),
    more ? make("dd", { class: "more", text: more }) : null);
}

function eventFigure(events) {
  if (!events) return figure("figure_events", "–");
  const { total, unlocated, last_reported_at: last } = events;
  const parts = [];
  if (unlocated) parts.push(say("unlocated_n", { n: number(unlocated) }));
  if (last) parts.push(say("last_event", { moment: window.wangge.moment(new Date(last)) }));
  return figure("figure_events", number(total), { more: parts.join(" · ") });
}

function findingFigure(findings) {
  if (!findings) return figure("figure_errors", "–");
  const more = findings.warnings ? say("warnings_n", { n: number(findings.warnings) }) : "";
  return figure("figure_errors", number(findings.errors), { more, isBad: findings.errors > 0 });
}

function drawFigures() {
  const { areas, grids, events, findings } = summary;
  byId("figures").replaceChildren(
    figure("natural_grids", number(grids.natural ?? 0)),
    figure("dedicated_grids", number(grids.dedicated ?? 0)),
    figure("special_grids", number(grids.special ?? 0)),
    figure("figure_communities", number(areas.community ?? 0), { more: `${number(areas.street ?? 0)} ${say("figure_streets")}` }),
    eventFigure(events),
    findingFigure(findings),
  );
}

function drawSteps() {
  const hasRelease = Boolean(summary.release);
  const hasEvents = summary.events?.total !== 0;
  byId("steps").hidden = hasRelease && hasEvents;
  const steps = hasRelease ? [STEPS[EVENTS_STEP]] : STEPS;
  const title = byId("steps").querySelector("p");
  title.dataset.word = hasRelease ? "next_events" : "steps_lead";
  title.textContent = say(title.dataset.word);
  byId("step-list").replaceChildren(...steps.map(([word, command]) => make("li", {},
    make("span", { word }), make("code", { text: command, tabindex: "0" }))));
}

function drawTitle() {
  const { district, release } = summary ?? {};
  document.title = district ? `${district} · ${say("product")}` : say("product");
  if (me && !may("grids:read")) {
    byId("district").textContent = say("welcome", { name: me.name });
    byId("lead").textContent = say("lead_no_grids");
    return;
  }
  byId("district").textContent = district || say("no_district");
  byId("lead").textContent = release
    ? say("lead_release", { n: release.number, title: release.title, day: window.wangge.calendarDay(release.effective_from) })
    : say(isUnreachable ? "unreachable" : "lead");
}

const may = (right) => me.rights.includes(right);

/** Only what the rights allow; a section of which nothing is left goes with it. */
function hideForbidden() {
  for (const element of document.querySelectorAll("[data-right]")) element.hidden = !may(element.dataset.right);
  for (const list of document.querySelectorAll(".cards, .links")) {
    list.parentElement.hidden = [...list.children].every((item) => item.hidden);
  }
}

/** What compares releases waits until there are as many. */
function hideTooEarly() {
  for (const element of document.querySelectorAll("[data-releases]")) {
    element.hidden ||= !(summary?.releases >= Number(element.dataset.releases));
  }
}

/** Links carry the language, so that a map opens in the one being read. */
function nameLanguage() {
  for (const link of document.querySelectorAll('a[href^="/maps/"]')) {
    const address = new URL(link.href);
    address.searchParams.set("lang", window.wangge.language());
    link.href = `${address.pathname}${address.search}`;
  }
}

function draw() {
  drawTitle();
  nameLanguage();
  if (!summary) return;
  drawFigures();
  drawSteps();
}

async function showHealth() {
  const health = byId("health");
  // read to its end: a half-read answer counts as broken off when the reader goes on
  const isWell = await fetch("/ready").then((answer) => answer.text().then(() => answer.ok)).catch(() => false);
  health.className = `health ${isWell ? "well" : "ill"}`;
  health.dataset.word = isWell ? "healthy" : "unhealthy";
  health.textContent = say(health.dataset.word);
}

async function start() {
  await beginPage(draw);
  showHealth();
  try {
    me = await fetchMe();
    hideForbidden();
    hideTooEarly();
    document.documentElement.dataset.known = "yes";
    if (may("grids:read")) summary = await ask("/v1/summary");
    hideForbidden();
    hideTooEarly();
  } catch {
    isUnreachable = true;
  }
  draw();
  document.documentElement.dataset.known = "yes";
  document.documentElement.dataset.ready = "yes";
}

start();
