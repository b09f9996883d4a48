"use strict";
/* Starts a page: texts from the island, numbers from folium, then the page of the kind. */
(() => {
  const wangge = (window.wangge = window.wangge || {});

  const PLACES_ONLY = new Set(["grids", "findings", "changes", "repair", "served"]);

  function writeTitle(kind, frame) {
    const name = wangge.say(`title_${kind}`);
    const title = frame.district ? `${frame.district} · ${name}` : name;
    document.title = title;
    document.getElementById("title").textContent = title;
    const parts = [];
    const releases = [frame.oldRelease, frame.release].filter((number) => number !== null);
    if (releases.length) parts.push(releases.map((number) => wangge.say("release", { n: number })).join(" → "));
    if (frame.effectiveFrom) parts.push(wangge.say("effective", { day: wangge.calendarDay(frame.effectiveFrom) }));
    if (frame.period && !PLACES_ONLY.has(kind)) {
      const [from, to] = frame.period.map((moment) => wangge.day(new Date(moment)));
      parts.push(wangge.say("period", { from, to }));
    }
    document.getElementById("subtitle").textContent = parts.join(" · ");
  }

  function addActions() {
    const language = wangge.make("button", { type: "button", class: "button", id: "language", lang: "en" });
    const sayOther = () => {
      const isChinese = wangge.language() === "zh";
      language.textContent = isChinese ? "EN" : "中文";
      language.lang = isChinese ? "en" : "zh-CN";
      language.setAttribute("aria-label", isChinese ? "EN · English" : "中文");
    };
    language.addEventListener("click", () => wangge.setLanguage(wangge.language() === "zh" ? "en" : "zh"));
    wangge.onLanguage(sayOther);
    sayOther();
    document.getElementById("actions").append(
      wangge.make("button", { type: "button", class: "button", id: "theme", label: "theme", onclick: wangge.switchTheme }, wangge.icon("theme")),
      wangge.make("button", { type: "button", class: "button", id: "print", label: "print", onclick: () => window.print() }, wangge.icon("print")),
      language,
    );
  }

  function boundsOf(numbers) {
    const [west, south, east, north] = numbers.box || [73, 18, 135, 54];
    return L.latLngBounds([south, west], [north, east]);
  }

  /** Called by the rendered map: the Leaflet map, folium's heat layer or null, and the columns. */
  wangge.start = (map, heatLayer, numbers) => {
    const texts = JSON.parse(document.getElementById("texts").textContent);
    const kind = document.documentElement.dataset.page;
    if (window.location.hash === "#still") document.documentElement.classList.add("still");
    wangge.loadWords(texts.words, texts.frame);
    wangge.setTheme(wangge.theme());
    wangge.setPlane(numbers);
    const bounds = boundsOf(numbers);
    map.fitBounds(bounds, { padding: [16, 16], animate: false });
    map.getContainer().setAttribute("role", "region");
    map.getContainer().dataset.wordLabel = "map";
    wangge.addTiles(map, texts.frame.tileUrl);
    addActions();
    const areas = wangge.decodeAreas(numbers.areas, texts.areas);
    const page = wangge.pages[kind]({ map, heatLayer, numbers, texts, areas, timeZone: texts.frame.timeZone });
    map.invalidateSize({ animate: false });
    map.fitBounds(bounds, { padding: [16, 16], animate: false });
    wangge.addControls(map, bounds);
    const say = () => {
      writeTitle(kind, texts.frame);
      page.draw();
    };
    wangge.onLanguage(say);
    wangge.onTheme(say);
    wangge.setLanguage(texts.frame.language);
    if (document.documentElement.classList.contains("still")) {
      map.on("resize", () => map.fitBounds(bounds, { padding: [16, 16], animate: false }));
    }
    window.addEventListener("beforeprint", () => map.invalidateSize({ animate: false }));
    window.addEventListener("afterprint", () => map.invalidateSize({ animate: false }));
    document.documentElement.dataset.ready = "yes";
  };


})();
