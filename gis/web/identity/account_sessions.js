/* My sessions: where I am signed in, and ending it there. */
import { ask } from "./api.js";
import { announce, button, confirmThen } from "./pieces.js";

const { foreign, make, moment, say, sayValue } = window.wangge;

export const fetchSessions = async () => (await ask("/v1/sessions")).sessions;

// first match wins: Edge names Chrome too, and Chrome names Safari
const BROWSERS = [[/MicroMessenger\//, "WeChat"], [/Edg\//, "Edge"], [/Firefox\//, "Firefox"], [/HeadlessChrome\/|Chrome\//, "Chrome"], [/Safari\//, "Safari"]];
const SYSTEMS = [[/Android/, "Android"], [/iPhone|iPad/, "iOS"], [/Windows/, "Windows"], [/Mac OS X/, "macOS"], [/Linux/, "Linux"]];

/** What a browser calls itself, shortened to what a person recognises. */
function deviceOf(agent) {
  const found = [BROWSERS, SYSTEMS].map((table) => table.find(([pattern]) => pattern.test(agent ?? ""))?.[1]).filter(Boolean);
  return found.length ? found.join(" · ") : (agent ?? say("unknown_device")).slice(0, 60);
}

function row(session, refresh) {
  const when = make("span", { class: "soft", text: say("session_times", { since: moment(new Date(session.started_at)), seen: moment(new Date(session.seen_at)) }) });
  const end = session.is_this ? make("span", { class: "tag good", word: "this_session" })
    : button("end_session", async () => {
      await ask(`/v1/sessions/${session.id}`, { method: "DELETE" });
      announce("session_ended");
      await refresh();
    }, { "data-session": session.id });
  return make("li", {}, make("div", {},
    make("strong", {}, foreign(deviceOf(session.agent))),
    make("span", { class: "soft", text: [sayValue("kind", session.kind), session.address].filter(Boolean).join(" · ") }), when), end);
}

export function drawSessions(sessions, refresh) {
  const others = sessions.filter((session) => !session.is_this).length;
  const endOthers = button("end_others", () => confirmThen("end_others", "end_others_text", "end_others", async () => {
    await ask("/v1/sessions", { method: "DELETE" });
    announce("others_ended");
    await refresh();
  }, { n: others }), { id: "end-others" });
  document.getElementById("sessions").replaceChildren(
    make("ul", { class: "rows" }, ...sessions.map((session) => row(session, refresh))),
    others ? make("div", { class: "verbs" }, endOthers) : make("p", { class: "hint", word: "no_other_sessions" }));
}
