/* What every page of ours begins with: words, language, theme, who is signed in, the person menu. */
import { ask } from "./api.js";

const { make, say } = window.wangge;
const KEPT = "wangge-language";
const LANGUAGES = ["zh", "en"];
const byId = (id) => document.getElementById(id);

/** What the reader chose on another page. */
function keptLanguage() {
  try {
    return window.localStorage.getItem(KEPT);
  } catch {
    return null;
  }
}

function keepLanguage(wanted) {
  try {
    window.localStorage.setItem(KEPT, wanted);
  } catch {
    // then it holds for this page only
  }
}

function firstLanguage() {
  const asked = new URLSearchParams(window.location.search).get("lang");
  const preferred = navigator.language.startsWith("zh") ? "zh" : "en";
  return [asked, keptLanguage(), preferred].find((one) => LANGUAGES.includes(one));
}

function switchLanguage() {
  const wanted = window.wangge.language() === "zh" ? "en" : "zh";
  keepLanguage(wanted);
  window.wangge.setLanguage(wanted);
}

function nameOtherLanguage() {
  const isChinese = window.wangge.language() === "zh";
  const button = byId("language");
  button.textContent = isChinese ? "EN" : "中文";
  button.lang = isChinese ? "en" : "zh-CN";
  button.setAttribute("aria-label", isChinese ? "EN · English" : "中文");
}

async function fetchWords() {
  const files = ["/static/words.json", "/static/identity/words.json"];
  const [base, ours] = await Promise.all(files.map((file) => fetch(file).then((answer) => answer.json())));
  return Object.fromEntries(LANGUAGES.map((one) => [one, { ...base[one], ...ours[one] }]));
}

/** Load words, choose language and theme, and wire the buttons of the bar. `draw` is called at every change of language. */
export async function beginPage(draw) {
  const language = firstLanguage();
  window.wangge.loadWords(await fetchWords(), { language, timeZone: undefined });
  window.wangge.setTheme(window.wangge.theme());
  window.wangge.onLanguage(nameOtherLanguage);
  window.wangge.onLanguage(draw);
  byId("language").addEventListener("click", switchLanguage);
  byId("theme").addEventListener("click", window.wangge.switchTheme);
  window.wangge.setLanguage(language);
}

/** Who is signed in; leads to the door if nobody is, and to the account if something has to be done first. */
export async function fetchMe() {
  const me = await ask("/v1/me");
  if (me.needs.length && window.location.pathname !== "/account") {
    const next = `${window.location.pathname}${window.location.hash}`;
    window.location.replace(`/account?${new URLSearchParams({ next })}`);
    await new Promise(() => {});
  }
  drawPerson(me);
  return me;
}

async function signOut() {
  await ask("/v1/sessions/current", { method: "DELETE" });
  window.location.replace("/login");
}

function menuLinks(me) {
  const may = (right) => me.rights.includes(right) && !me.needs.length;
  const links = [["/", "home", true], ["/account", "my_account", true], ["/users", "users", may("users:manage")], ["/audit", "audit_log", may("audit:read")]];
  return links.filter(([, , isShown]) => isShown).map(([href, word]) => make("li", {},
    make("a", { href, word, "aria-current": href === window.location.pathname ? "page" : undefined })));
}

/** The first sign of a name, as a picture. */
export const portrait = (name) => make("span", { class: "portrait", "aria-hidden": "true", text: [...name.trim()][0] ?? "" });

/** The menu of who is signed in, at the end of the bar. */
function drawPerson(me) {
  const menu = make("div", { class: "menu", id: "person-menu", hidden: "" },
    make("p", { class: "whoami" }, make("strong", {}, window.wangge.foreign(me.name)), make("span", { text: me.login })),
    make("ul", {}, ...menuLinks(me)),
    make("button", { type: "button", class: "button", word: "sign_out", id: "sign-out", onclick: signOut }));
  const toggle = make("button", { type: "button", class: "button person", id: "person", "aria-expanded": "false", "aria-controls": "person-menu" },
    portrait(me.name), make("bdi", { class: "person-name", dir: "auto", text: me.name }));
  const show = (isShown) => {
    menu.hidden = !isShown;
    toggle.setAttribute("aria-expanded", String(isShown));
  };
  const box = make("nav", { class: "person-box", label: "person_menu" }, toggle, menu);
  toggle.addEventListener("click", () => show(menu.hidden));
  box.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || menu.hidden) return;
    show(false);
    toggle.focus();
  });
  box.addEventListener("focusout", (event) => {
    if (!box.contains(event.relatedTarget)) show(false);
  });
  document.addEventListener("pointerdown", (event) => {
    if (!box.contains(event.target)) show(false);
  });
  document.querySelector(".bar").append(box);
}

/** Say that the page stands as it is meant to. */
export function markReady() {
  document.documentElement.dataset.known = "yes";
  document.documentElement.dataset.ready = "yes";
}

/** In place of a page whose rights are missing, or that could not be read. */
export function showInstead(word) {
  document.querySelector("main").replaceChildren(make("section", { class: "box instead" },
    make("h1", { word }), make("p", {}, make("a", { href: "/", word: "home" }), " ", make("a", { href: "/account", word: "my_account" }))));
  markReady();
}

/** Draw a page that needs a right: `start(me)` once it is there, `draw()` at every change of language after that. */
export async function openPage({ title, right, start, draw }) {
  let isStarted = false;
  await beginPage(() => {
    document.title = `${say(title)} · ${say("product")}`;
    if (isStarted) draw();
  });
  try {
    const me = await fetchMe();
    if (right && !me.rights.includes(right)) {
      showInstead("no_right");
      return;
    }
    await start(me);
    isStarted = true;
    draw();
    markReady();
  } catch (error) {
    showInstead("problem_unreachable");
    throw error;
  }
}
