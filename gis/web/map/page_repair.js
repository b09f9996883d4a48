"use strict";
/* A repair: grids before and after, what changed hands and what was left, the list zooms to the place. */
(() => {
  const wangge = (window.wangge = window.wangge || {});
  const KINDS = [
    "filled", "decided", "trimmed", "matched", "welded", "given", "made_valid",
    "gap", "overlap", "outside", "mismatch", "stray", "invalid",
  ];
  const [CIRCLE, TRIANGLE] = [0, 2];
  const PLACE = 1.5; // half the size, in the plane, of the place zoomed to for one without extent

  function repairPage({ map, numbers, texts, areas }) {
    const { make } = wangge;
    const places = { ...numbers.places, ...texts.places, shapes: wangge.decodeShapes(numbers.places.shapes) };
    const grids = { ...numbers.grids, shapes: wangge.decodeShapes(numbers.grids.shapes) };
    const before = wangge.decodeShapes(numbers.before);
    const after = wangge.decodeShapes(numbers.after);
    const changed = new Set(numbers.changed);
    const everything = places.kind.map((_, index) => index);
    const on = new Map([["before", true], ["after", true]]);
    const kindsOn = new Set(places.kind);
    let chosen = -1;
    let list = null;

    const isShown = (index) => kindsOn.has(places.kind[index]);
    const colourOf = (index) => wangge.colour(places.left[index] ? "bad" : "info");
    const markOf = (index) => (places.left[index] ? TRIANGLE : CIRCLE);
    const kindName = (index) => wangge.say(`repair_${KINDS[places.kind[index]]}`);

    const gridSize = wangge.usualSize(grids.shapes);
    const fills = wangge.addGridLines(map, grids, (index) => !changed.has(index));
    wangge.addAreas(map, areas);

    const outlines = new wangge.CanvasLayer("repaired", 465, (context, view) => {
      const now = { stroke: wangge.colour("ok"), width: wangge.lineWidth(gridSize, view, { least: 1, most: 2.6, share: 0.05 }) };
      const then = { stroke: wangge.colour("warn"), width: wangge.lineWidth(gridSize, view, { least: 0.8, most: 1.8, share: 0.04 }), dash: [6, 4] };
      if (on.get("after")) wangge.paintShapes(context, view, after, () => now);
      if (on.get("before")) wangge.paintShapes(context, view, before, () => then);
    }).addTo(map);

    const marks = new wangge.CanvasLayer("places", 470, (context, view) => {
      const shown = everything.filter(isShown).reverse();
      wangge.paintShapes(context, view, shown.map((index) => places.shapes[index]), (index) => ({ fill: wangge.faint(colourOf(index), 0.45) }));
      for (const index of shown) paintMark(context, view, index);
    }).addTo(map);

    function paintMark(context, view, index) {
      const { box, label } = places.shapes[index];
      const isLarge = Math.min(box[2] - box[0], box[3] - box[1]) * view.scale > 60;
      if (!label || (isLarge && index !== chosen)) return;
      wangge.paintMark(context, view, label, { kind: markOf(index), radius: index === chosen ? 9 : 5.5, colour: colourOf(index) });
    }

    const nearest = (latLng) => wangge.markedAt(map, places.shapes, latLng, isShown);

    /** Nothing for corners and the like. */
    const areaOf = (index) => (places.area_dm2[index] ? wangge.areaText(places.area_dm2[index] / 100) : "");
    const sentence = (index) => places.sentences[wangge.language()][index];

    wangge.addTip(map, (latLng) => {
      const index = nearest(latLng);
      return index < 0 ? null : [
        make("strong", { text: kindName(index) }),
        make("div", {}, wangge.foreign(places.grids[index].join(" · "))),
        make("div", { text: areaOf(index) }),
      ];
    });
    map.on("click", ({ latlng }) => {
      const index = nearest(latlng);
      if (index >= 0) choose(index, false);
    });

    function choose(index, isFar) {
      chosen = index;
      const { box, label, outlines: rings } = places.shapes[index];
      const at = rings.length || !label ? box : [label[0] - PLACE, label[1] - PLACE, label[0] + PLACE, label[1] + PLACE];
      if (isFar && Number.isFinite(at[0])) wangge.goTo(map, at, { maxZoom: 19 });
      marks.redrawNow();
      wangge.setCurrent(list, index);
      wangge.announce(`${kindName(index)} ${sentence(index)}`);
    }

    function drawList() {
      const facts = document.getElementById("facts");
      if (!everything.length) {
        facts.replaceChildren(wangge.nothing("no_repairs", "no_repairs_hint"));
        return;
      }
      const rows = everything.filter(isShown);
      list = wangge.items(rows, (index) => ({
        key: index,
        sign: wangge.mark(markOf(index), colourOf(index), wangge.say(places.left[index] ? "repair_is_left" : "repair_is_changed")),
        head: kindName(index),
        value: areaOf(index),
        sub: sentence(index),
      }), (index) => choose(index, true), "repair_places");
      facts.replaceChildren(make("h2", { text: wangge.say("n_places", { n: wangge.number(rows.length) }) }), list);
      if (chosen >= 0) wangge.setCurrent(list, chosen);
    }

    function drawControls() {
      const left = places.left.filter(Boolean).length;
      const present = KINDS.map((name, kind) => ({ kind, key: name, word: `repair_${name}`, count: places.kind.filter((one) => one === kind).length }))
        .filter(({ count }) => count);
      document.getElementById("controls").replaceChildren(
        wangge.figures([
          ["repair_is_changed", wangge.number(everything.length - left)],
          ["repair_is_left", wangge.number(left)],
          ["grids_changed", wangge.number(changed.size)],
          ["grids_checked", wangge.number(grids.kind.length)],
        ]),
        make("h2", { word: "layers" }),
        wangge.chips(["before", "after"].map((key) => ({ key, word: `repair_${key}`, isOn: on.get(key) })), toggleLayer, "layers"),
        ...present.length ? [make("h2", { word: "repair_places" }),
          wangge.chips(present.map((item) => ({ ...item, isOn: kindsOn.has(item.kind) })), toggleKind, "repair_places")] : [],
        make("h2", { word: "legend" }),
        wangge.legend([
          [wangge.mark(CIRCLE, wangge.colour("info")), wangge.say("repair_is_changed")],
          [wangge.mark(TRIANGLE, wangge.colour("bad")), wangge.say("repair_is_left")],
          [wangge.swatch(wangge.colour("ok"), { isLine: true }), wangge.say("repair_after_legend")],
          [wangge.swatch(wangge.colour("warn"), { isLine: true }), wangge.say("repair_before_legend")],
          [wangge.swatch(wangge.colour("map-grid"), { isLine: true }), wangge.say("repair_same_legend")],
        ]),
      );
    }

    const refocus = (key) => document.querySelector(`#controls [data-key="${key}"]`).focus();

    function toggleLayer(key) {
      on.set(key, !on.get(key));
      drawControls();
      refocus(key);
      outlines.redrawNow();
    }

    function toggleKind(key) {
      const kind = KINDS.indexOf(key);
      if (!kindsOn.delete(kind)) kindsOn.add(kind);
      drawControls();
      refocus(key);
      drawList();
      marks.redrawNow();
    }

    return {
      draw() {
        drawControls();
        drawList();
        [fills, outlines, marks].forEach((layer) => layer.redrawNow());
      },
    };
  }

  wangge.pages = { ...wangge.pages, repair: repairPage };
})();
