"use strict";
/* Events: points, and either heat or counts by grid; filters by category and source. */
(() => {
  const wangge = (window.wangge = window.wangge || {});
  const GRADES = ["ordinary", "urgent", "extra_urgent"];
  const NATURAL = 0;
  const POINTS_FROM_ZOOM = 13; // from afar, points would only darken the heat or hide the counts

  function eventsPage({ map, heatLayer, numbers, texts, areas }) {
    const { make } = wangge;
    const events = { ...numbers.events, ...texts.events, ...wangge.placesOf(numbers.events) };
    const seconds = new Float64Array(events.count);
    let clock = events.t0;
    for (let i = 0; i < events.count; i += 1) seconds[i] = clock += events.t[i];
    const grids = { ...numbers.grids, ...texts.grids, shapes: wangge.decodeShapes(numbers.grids.shapes) };
    const naturals = grids.shapes.filter((shape) => grids.kind[shape.index] === NATURAL);
    const categoriesOn = new Uint8Array(Math.max(1, events.categories.length)).fill(1);
    const sourcesOn = new Uint8Array(Math.max(1, events.sources.length)).fill(1);
    const gradesOn = new Uint8Array(3).fill(1);
    const shown = new Uint8Array(events.count).fill(1);
    let ground = "heat"; // heat and counts by grid exclude each other
    let hasPoints = true;
    let counts = new Int32Array(grids.shapes.length);
    let bounds = [];
    let chosen = -1;
    let list = null;

    const isShown = (i) => shown[i] === 1;
    const arePointsDrawn = () => hasPoints && (ground === "none" || map.getZoom() >= POINTS_FROM_ZOOM);
    const timeOf = (i) => new Date(seconds[i] * 1000);
    const heat = wangge.makeHeat(map, heatLayer, events, { spans: () => [[0, events.count]], isShown });

    const gridSize = wangge.usualSize(naturals);
    const fills = new wangge.CanvasLayer("fills", 390, (context, view) => {
      const stroke = ground === "grids" ? wangge.colour("map-halo") : wangge.colour("map-grid");
      const width = wangge.lineWidth(gridSize, view, { least: 0.2, most: 0.9, share: 0.03 });
      wangge.paintShapes(context, view, naturals, (index) => ({
        stroke, width, fill: ground === "grids" ? wangge.classColour(wangge.classOf(counts[index], bounds), bounds.length) : null,
      }));
    }).addTo(map);
    wangge.addAreas(map, areas);
    const highlight = wangge.addHighlight(map);
    const dots = new wangge.CanvasLayer("points", 440, (context, view) => {
      if (!arePointsDrawn()) return;
      wangge.paintPoints(context, view, events, {
        isShown, gradeOf: (i) => events.grade[i], colours: wangge.gradeColours(), edge: wangge.colour("map-halo"),
      });
      if (chosen >= 0 && isShown(chosen)) paintChosen(context, view);
    }).addTo(map);

    function paintChosen(context, view) {
      context.beginPath();
      context.arc(events.x[chosen] * view.scale + view.left, events.y[chosen] * view.scale + view.top, 12, 0, 2 * Math.PI);
      context.lineWidth = 2.5;
      context.strokeStyle = wangge.colour("map-mark");
      context.stroke();
    }

    const category = (i) => wangge.sayValue("category", events.categories[events.category[i]]);
    const source = (i) => wangge.sayValue("source", events.sources[events.source[i]]);
    const grade = (i) => wangge.say(GRADES[events.grade[i]]);

    wangge.addTip(map, (latLng) => {
      const i = arePointsDrawn() ? wangge.pointAt(events, map, latLng, isShown) : -1;
      if (i >= 0) return aboutEvent(i);
      const shape = wangge.shapeAt(naturals, latLng);
      highlight.show(shape);
      return shape ? [make("strong", {}, wangge.foreign(grids.name[shape.index] || grids.code[shape.index])),
        wangge.pairs([["code", grids.code[shape.index]], ["events", wangge.number(counts[shape.index])]])] : null;
    });

    const aboutEvent = (i) => [
      make("strong", {}, wangge.foreign(category(i))),
      wangge.pairs([["grade", grade(i)], ["source", source(i)], ["reported", wangge.moment(timeOf(i))], ["grid", events.grid[i] < 0 ? "" : grids.code[events.grid[i]]]]),
      ...events.text[i] ? [wangge.foreign(events.text[i], "p")] : [],
    ];

    map.on("click", ({ latlng }) => {
      const i = arePointsDrawn() ? wangge.pointAt(events, map, latlng, isShown) : -1;
      if (i >= 0) choose(i, false);
    });
    function choose(i, isFar) {
      chosen = i;
      if (isFar) {
        const [x, y] = [events.x[i], events.y[i]];
        wangge.goTo(map, [x - 2, y - 2, x + 2, y + 2], { maxZoom: 16.5 });
      }
      dots.redrawNow();
      wangge.setCurrent(list, i);
    }

    function drawHeat() {
      if (ground === "heat") heat.show(0, events.count);
    }

    /** Filters changed: mark what passes, count by grid, redraw everything. */
    function apply() {
      counts = new Int32Array(grids.shapes.length);
      for (let i = 0; i < events.count; i += 1) {
        shown[i] = categoriesOn[events.category[i]] & sourcesOn[events.source[i]] & gradesOn[events.grade[i]];
        if (shown[i] && events.grid[i] >= 0) counts[events.grid[i]] += 1;
      }
      bounds = wangge.quantileBounds(naturals.map(({ index }) => counts[index]));
      heat.forget();
      heat.recolour();
      if (ground === "heat") map.addLayer(heatLayer);
      else map.removeLayer(heatLayer);
      drawHeat();
      fills.redrawNow();
      dots.redrawNow();
      drawControls();
      drawList();
    }

    function tally(columns, size) {
      const sums = new Array(size).fill(0);
      for (const one of columns) sums[one] += 1;
      return sums;
    }
    const byCategory = tally(events.category, events.categories.length);
    const bySource = tally(events.source, events.sources.length);
    const byGrade = tally(events.grade, 3);

    function drawControls() {
      const total = shown.reduce((sum, one) => sum + one, 0);
      const urgent = events.grade.reduce((sum, one, i) => sum + (one > 0 && shown[i] ? 1 : 0), 0);
      const busiest = counts.length ? counts.reduce((a, b) => Math.max(a, b), 0) : 0;
      const named = (values, group, on, sums) => values.map((value, i) => ({ key: `${group}:${i}`, text: wangge.sayValue(group, value) || wangge.say("unnamed"), count: sums[i], isOn: on[i] === 1 }))
        .sort((a, b) => b.count - a.count);
      document.getElementById("controls").replaceChildren(
        wangge.figures([["events_shown", wangge.number(total)], ["urgent_shown", wangge.number(urgent)], ["busiest_grid", wangge.number(busiest)], ["unlocated", wangge.number(events.unlocated)]]),
        make("h2", { word: "layers" }),
        wangge.chips([
          { key: "layer:heat", word: "heat", isOn: ground === "heat" },
          { key: "layer:grids", word: "by_grid", isOn: ground === "grids" },
          { key: "layer:points", word: "points", isOn: hasPoints },
        ], toggle, "layers"),
        make("p", { class: "note screen", word: "points_note" }),
        make("h2", { word: "legend" }),
        groundLegend(),
        wangge.legend(GRADES.map((name, i) => [wangge.mark(i, wangge.gradeColours()[i]), wangge.say(name), byGrade[i]])),
        make("h2", { word: "categories" }),
        wangge.chips(named(events.categories, "category", categoriesOn, byCategory), toggle, "categories"),
        make("h2", { word: "sources" }),
        wangge.chips(named(events.sources, "source", sourcesOn, bySource), toggle, "sources"),
        make("h2", { word: "grades" }),
        wangge.chips(GRADES.map((name, i) => ({ key: `grade:${i}`, word: name, isOn: gradesOn[i] === 1 })), toggle, "grades"),
      );
    }

    function groundLegend() {
      if (ground === "heat") return wangge.ramp(["transparent", ...wangge.heatColours()], wangge.say("few"), wangge.say("many"));
      if (ground === "grids") return wangge.classLegend(naturals.map(({ index }) => counts[index]), bounds, 0);
      return make("span");
    }

    function toggle(key) {
      const [group, value] = key.split(":");
      const sets = { category: categoriesOn, source: sourcesOn, grade: gradesOn };
      if (group in sets) sets[group][Number(value)] ^= 1;
      else if (value === "points") hasPoints = !hasPoints;
      else ground = ground === value ? "none" : value;
      apply();
      document.querySelector(`#controls [data-key="${CSS.escape(key)}"]`).focus();
    }

    function drawList() {
      const latest = [];
      for (let i = events.count - 1; i >= 0; i -= 1) if (shown[i]) latest.push(i);
      list = wangge.items(latest, (i) => ({
        key: i,
        sign: wangge.mark(events.grade[i], wangge.gradeColours()[events.grade[i]], grade(i)),
        head: category(i),
        value: wangge.moment(timeOf(i)),
        sub: events.text[i] || source(i),
      }), (i) => choose(i, true), "events");
      const facts = document.getElementById("facts");
      if (latest.length) facts.replaceChildren(make("h2", { word: "latest" }), list);
      else facts.replaceChildren(wangge.nothing("no_events", events.count ? "no_events_filter" : "no_events_hint"));
    }

    return { draw: apply };
  }

  wangge.pages = { ...wangge.pages, events: eventsPage };
})();
