/* The start page: numbers of the district in force today, and the next step where there are none yet. */
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
let summary = null;
let isUnreachable = false;

async function fetchJson(address) {
  const answer = await fetch(address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  return answer.json();
}

function figure(word, value, { more = "", isBad = false } = {}) {
  return make("div", {}, make("dt", { word }),
    make("dd", { text: value, class: isBad ? "bad" : undefined }),
    more ? make("dd", { class: "more", text: more }) : null);
}

function eventFigure({ total, unlocated, last_reported_at: last }) {
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
  const hasEvents = summary.events.total > 0;
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
  byId("district").textContent = district || say("no_district");
  document.title = district ? `${district} · ${say("product")}` : say("product");
  byId("lead").textContent = release
    ? say("lead_release", { n: release.number, title: release.title, day: window.wangge.calendarDay(release.effective_from) })
    : say(isUnreachable ? "unreachable" : "lead");
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
  const isChinese = window.wangge.language() === "zh";
  byId("language").textContent = isChinese ? "EN" : "中文";
  byId("language").lang = isChinese ? "en" : "zh-CN";
  byId("language").setAttribute("aria-label", isChinese ? "EN · English" : "中文");
  drawTitle();
  nameLanguage();
  if (!summary) return;
  drawFigures();
  drawSteps();
}

async function showHealth() {
  const health = byId("health");
  const isWell = await fetch("/ready").then((answer) => answer.ok, () => false);
  health.className = `health ${isWell ? "well" : "ill"}`;
  health.dataset.word = isWell ? "healthy" : "unhealthy";
  health.textContent = say(health.dataset.word);
}

async function start() {
  const asked = new URLSearchParams(window.location.search).get("lang");
  const preferred = navigator.language.startsWith("zh") ? "zh" : "en";
  const language = ["zh", "en"].includes(asked) ? asked : preferred;
  window.wangge.loadWords(await fetchJson("/static/words.json"), { language, timeZone: undefined });
  window.wangge.setTheme(window.wangge.theme());
  window.wangge.onLanguage(draw);
  window.wangge.setLanguage(language);
  byId("language").addEventListener("click", () => window.wangge.setLanguage(window.wangge.language() === "zh" ? "en" : "zh"));
  byId("theme").addEventListener("click", window.wangge.switchTheme);
  showHealth();
  try {
    summary = await fetchJson("/v1/summary");
  } catch {
    isUnreachable = true;
  }
  draw();
  document.documentElement.dataset.ready = "yes";
}

start();
