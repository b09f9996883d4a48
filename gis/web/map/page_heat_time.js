"use strict";
/* A film of the heat, one scale for all pictures, driven by a slider, keys and a play button. */
(() => {
  const wangge = (window.wangge = window.wangge || {});
  const STEPS = ["hour", "day", "week"];
  const SPEEDS_MS = [700, 300, 120];
  const BUSIEST = 20;

  function heatTimePage({ map, heatLayer, numbers, areas }) {
    const { make } = wangge;
    const film = { ...numbers.film, ...wangge.placesOf(numbers.film) };
    const step = STEPS[numbers.step];
    const pictures = Math.max(0, film.starts.length - 1);
    const countOf = (picture) => film.first[picture + 1] - film.first[picture];
    const counts = Array.from({ length: pictures }, (_, picture) => countOf(picture));
    const most = counts.reduce((a, b) => Math.max(a, b), 0);
    const busiest = counts.map((_, picture) => picture).sort((a, b) => counts[b] - counts[a]).slice(0, BUSIEST);
    let now = 0;
    let timer = 0;
    let speed = 1;
    let list = null;

    wangge.addAreas(map, areas);
    const heat = wangge.makeHeat(map, heatLayer, film, { spans: () => counts.map((_, i) => [film.first[i], film.first[i + 1]]) });
    map.addLayer(heatLayer);

    function drawHeat() {
      if (pictures) heat.show(film.first[now], film.first[now + 1]);
    }

    /** What a picture shows, in words: an hour, a day, or the first and last day of a week. */
    function nameOf(picture) {
      const start = new Date(film.starts[picture] * 1000);
      if (step === "hour") return wangge.moment(start);
      if (step === "day") return `${wangge.day(start)} ${wangge.weekday(start)}`;
      return `${wangge.day(start)} – ${wangge.day(new Date(film.starts[picture + 1] * 1000 - 1000))}`;
    }

    const output = make("output", { id: "moment", for: "picture" });
    const count = make("span", { class: "count", id: "count" });
    const play = make("button", { type: "button", class: "button play", id: "play" });
    const bars = make("canvas", { "aria-hidden": "true" });
    const slider = make("input", { type: "range", id: "picture", min: "0", max: String(Math.max(0, pictures - 1)), step: "1", value: "0", label: "moment" });
    const speeds = make("div", { class: "stack" });
    const film_bar = make("section", { class: "film", label: "film" }, make("div", { class: "row" }, play, output, count, speeds), bars, slider);
    document.getElementById("stage").append(film_bar);

    function drawBars() {
      const width = bars.clientWidth;
      const height = bars.clientHeight;
      const fine = window.devicePixelRatio || 1;
      bars.width = width * fine;
      bars.height = height * fine;
      const context = bars.getContext("2d");
      context.scale(fine, fine);
      const [past, present] = [wangge.colour("map-grid"), wangge.colour("accent")];
      const columns = Math.min(pictures, Math.floor(width / 2));
      for (let column = 0; column < columns; column += 1) {
        const from = Math.floor((column * pictures) / columns);
        const to = Math.max(from + 1, Math.floor(((column + 1) * pictures) / columns));
        const tall = Math.max(...counts.slice(from, to)) / Math.max(1, most);
        context.fillStyle = now >= from && now < to ? present : past;
        const bar = Math.max(1.5, tall * (height - 2));
        context.fillRect((column * width) / columns, height - bar, Math.max(1, width / columns - 1), bar);
      }
    }

    function show(picture) {
      now = Math.min(Math.max(0, picture), Math.max(0, pictures - 1));
      slider.value = String(now);
      output.textContent = pictures ? nameOf(now) : wangge.say("no_events");
      slider.setAttribute("aria-valuetext", output.textContent);
      count.textContent = pictures ? wangge.say("n_events", { n: wangge.number(counts[now]) }) : "";
      drawHeat();
      drawBars();
      if (list) wangge.setCurrent(list, now);
      drawFigures();
    }

    function setPlaying(wanted) {
      window.clearInterval(timer);
      timer = wanted && pictures > 1 ? window.setInterval(() => show((now + 1) % pictures), SPEEDS_MS[speed]) : 0;
      play.replaceChildren(wangge.icon(timer ? "pause" : "play"));
      play.setAttribute("aria-label", wangge.say(timer ? "pause" : "play"));
      play.setAttribute("aria-pressed", String(Boolean(timer)));
    }

    function drawSpeeds() {
      speeds.replaceChildren(wangge.chips(SPEEDS_MS.map((_, i) => ({ key: `speed:${i}`, word: `speed_${i}`, isOn: speed === i })), (key) => {
        speed = Number(key.split(":")[1]);
        drawSpeeds();
        speeds.querySelector(`[data-key="${key}"]`).focus();
        if (timer) setPlaying(true);
      }, "speed"));
    }

    play.addEventListener("click", () => setPlaying(!timer));
    slider.addEventListener("input", () => {
      setPlaying(false);
      show(Number(slider.value));
    });
    bars.addEventListener("click", (event) => show(Math.floor((event.offsetX / bars.clientWidth) * pictures)));
    document.addEventListener("keydown", (event) => {
      if (event.key === " " && (event.target === document.body || event.target === slider || event.target === map.getContainer())) {
        event.preventDefault();
        setPlaying(!timer);
      }
    });
    window.addEventListener("resize", drawBars);

    const figures = make("div", { class: "stack" });
    function drawFigures() {
      const mean = pictures ? film.count / pictures : 0;
      figures.replaceChildren(wangge.figures([
        ["events", wangge.number(film.count)],
        [`this_${step}`, wangge.number(counts[now] || 0)],
        [`mean_${step}`, wangge.number(mean, mean < 100 ? 1 : 0)],
        ["most", wangge.number(most)],
      ]));
    }

    function drawControls() {
      document.getElementById("controls").replaceChildren(
        figures,
        make("h2", { word: "legend" }),
        wangge.ramp(["transparent", ...wangge.heatColours()], wangge.say("few"), wangge.say("many")),
        make("p", { class: "note", word: "one_scale" }),
        wangge.legend([[wangge.swatch(wangge.colour("map-street"), { isLine: true }), wangge.say("street_line")], [wangge.swatch(wangge.colour("map-community"), { isLine: true }), wangge.say("community_line")]]),
        make("h2", { word: "keys", class: "screen" }),
        make("p", { class: "note screen", word: "keys_film" }),
        ...film.unlocated ? [make("p", { class: "note", text: wangge.say("without_place", { n: wangge.number(film.unlocated) }) })] : [],
      );
    }

    function drawList() {
      const facts = document.getElementById("facts");
      if (!pictures) {
        facts.replaceChildren(wangge.nothing("no_events", "no_events_hint"));
        return;
      }
      list = wangge.items(busiest, (picture) => ({
        key: picture,
        sign: make("span", { class: "rank", text: String(busiest.indexOf(picture) + 1) }),
        head: nameOf(picture),
        value: wangge.number(counts[picture]),
        bar: { share: counts[picture] / Math.max(1, most), colour: wangge.colour("accent") },
      }), (picture) => {
        setPlaying(false);
        show(picture);
      }, "busiest");
      facts.replaceChildren(make("h2", { word: "busiest" }), list);
    }

    now = busiest.length ? busiest[0] : 0;
    return {
      draw() {
        heat.recolour();
        drawControls();
        drawList();
        drawSpeeds();
        setPlaying(Boolean(timer));
        show(now);
      },
    };
  }

  wangge.pages = { ...wangge.pages, heat_time: heatTimePage };
})();
