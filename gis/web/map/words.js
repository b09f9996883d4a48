"use strict";
/* Words in two languages, numbers and dates. Text of files and people is shown, never interpreted. */
(() => {
  const wangge = (window.wangge = window.wangge || {});
  const listeners = [];
  let dictionary = { zh: {}, en: {} };
  let language = "zh";
  let timeZone = "Asia/Shanghai";

  const locale = () => (language === "zh" ? "zh-CN" : "en-GB");

  /** Our own text for a key, `{name}` filled in; the key itself if there is none. */
  function say(key, values = {}, missing = null) {
    const text = dictionary[language][key] ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? missing ?? whole));
  }

  /** Our word for a value that may be one of ours (a source, a grade), else the value as it came. */
  const sayValue = (group, value) => dictionary[language][`${group}_${value}`] ?? value;

  const number = (value, digits = 0) =>
    new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);

  const formatted = (date, options) => new Intl.DateTimeFormat(locale(), { timeZone, ...options }).format(date);
  // English months are words: 08/04 is April to some and August to others
  const dayParts = () => ({ year: "numeric", month: language === "zh" ? "2-digit" : "short", day: language === "zh" ? "2-digit" : "numeric" });
  const day = (date) => formatted(date, dayParts());
  const moment = (date) => formatted(date, { ...dayParts(), hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const weekday = (date) => formatted(date, { weekday: "short" });
  /** A calendar day without a time, such as the day a release takes effect. */
  const calendarDay = (text) => new Intl.DateTimeFormat(locale(), { ...dayParts(), timeZone: "UTC" }).format(new Date(text));

  /** An area in the unit that reads best. */
  const areaText = (m2) => (m2 >= 1e5 ? say("km2", { n: number(m2 / 1e6, 2) }) : say("m2", { n: number(m2, m2 < 10 ? 2 : 0) }));

  function setLanguage(wanted) {
    language = wanted;
    document.documentElement.lang = wanted === "zh" ? "zh-CN" : "en";
    for (const element of document.querySelectorAll("[data-word]")) element.textContent = say(element.dataset.word);
    for (const element of document.querySelectorAll("[data-word-label]")) {
      element.setAttribute("aria-label", say(element.dataset.wordLabel));
    }
    for (const listener of listeners) listener();
  }

  Object.assign(wangge, {
    say, sayValue, number, areaText, day, moment, weekday, calendarDay, setLanguage,
    language: () => language,
    onLanguage: (listener) => listeners.push(listener),
    loadWords(words, frame) {
      dictionary = words;
      language = frame.language;
      timeZone = frame.timeZone;
    },
  });
})();
