"use strict";
/* Changes between two states: ground that passed by kind, old outlines dashed, new ones drawn through. */
(() => {
  const wangge = (window.wangge = window.wangge || {});
  const KINDS = ["split", "merged", "regrouped", "new", "gone", "moved_edge", "reshaped", "renamed", "unchanged"];
  const COLOURS = ["accent", "ok", "violet", "teal", "bad", "warn", "olive", "soft", "soft"];
  const OVERLAYS = { violet: 1, teal: 2, olive: 4 }; // colours of the theme that have no name of their own
  const SEEN = 24; // pixels: ground smaller than this on the screen gets a mark

  function changesPage({ map, numbers, texts, areas }) {
    const { make } = wangge;
    const changes = { ...numbers.changes, ...texts.changes, shapes: wangge.decodeShapes(numbers.changes.shapes) };
    const grids = { ...numbers.grids, shapes: wangge.decodeShapes(numbers.grids.shapes) };
    const [before, after] = [numbers.before, numbers.after].map(wangge.decodeShapes);
    const everything = changes.kind.map((_, index) => index);
    const kindsOn = new Set(changes.kind);
    let chosen = -1;
    let list = null;

    const isShown = (index) => kindsOn.has(changes.kind[index]);
    const kindColour = (kind) => (COLOURS[kind] in OVERLAYS ? wangge.overlay(OVERLAYS[COLOURS[kind]]) : wangge.colour(COLOURS[kind]));
    const colourOf = (index) => kindColour(changes.kind[index]);
    const kindName = (index) => wangge.say(`change_${KINDS[changes.kind[index]]}`);
    const sizeOnScreen = ({ box }, view) => Math.max(box[2] - box[0], box[3] - box[1]) * view.scale;

    const gridSize = wangge.usualSize(grids.shapes);
    const fills = wangge.addGridLines(map, grids);
    wangge.addAreas(map, areas);

    const marks = new wangge.CanvasLayer("changes", 470, (context, view) => {
      const shown = everything.filter(isShown).reverse();
      wangge.paintShapes(context, view, shown.map((index) => changes.shapes[index]), (index) => ({
        fill: wangge.faint(colourOf(index), index === chosen ? 0.6 : 0.4), stroke: colourOf(index), width: 1,
      }));
      const outlines = (ofChange, shapes) => [...new Set(shown.flatMap((index) => ofChange[index]))].map((index) => shapes[index]);
      const width = wangge.lineWidth(gridSize, view, { least: 0.6, most: 2, share: 0.04 });
      wangge.paintShapes(context, view, outlines(changes.after, after), () => ({ stroke: wangge.colour("map-mark"), width }));
      wangge.paintShapes(context, view, outlines(changes.before, before), () => ({ stroke: wangge.colour("bad"), width, dash: [5, 4] }));
      for (const index of shown) paintMark(context, view, index);
    }).addTo(map);

    function paintMark(context, view, index) {
      const at = changes.shapes[index].label;
      if (!at || (sizeOnScreen(changes.shapes[index], view) > SEEN && index !== chosen)) return;
      wangge.paintMark(context, view, at, { kind: 0, radius: index === chosen ? 8 : 5, colour: colourOf(index) });
    }

    /** Shapes lie over each other where a grid is in several changes: the smallest is meant. */
    const at = (latLng) => {
      const [x, y] = wangge.placeOf(latLng);
      const view = wangge.viewOf(map);
      const size = ({ box }) => (box[2] - box[0]) * (box[3] - box[1]);
      const inside = everything.filter((index) => isShown(index) && wangge.isInside(changes.shapes[index], x, y));
      if (inside.length) return inside.reduce((a, b) => (size(changes.shapes[b]) < size(changes.shapes[a]) ? b : a));
      const near = everything.filter((index) => {
        const { label } = changes.shapes[index];
        return label && isShown(index) && Math.hypot(label[0] - x, label[1] - y) < 10 / view.scale;
      });
      return near.length ? near[0] : -1;
    };

    const measures = (index) => (changes.moved_m2[index] ? wangge.say("moved", { area: wangge.areaText(changes.moved_m2[index]) }) : "");
    const sentence = (index) => changes.sentences[wangge.language()][index];

    wangge.addTip(map, (latLng) => {
      const index = at(latLng);
      return index < 0 ? null : [make("strong", { text: kindName(index) }), make("div", {}, wangge.foreign(sentence(index)))];
    });
    map.on("click", ({ latlng }) => {
      const index = at(latlng);
      if (index >= 0) choose(index, false);
    });

    /** What is zoomed to: the grids of the change, so that what passed is seen where it belongs. */
    function boxAround(index) {
      const shapes = [changes.shapes[index], ...changes.before[index].map((one) => before[one]), ...changes.after[index].map((one) => after[one])]
        .filter(({ outlines }) => outlines.length);
      return shapes.length ? [0, 1, 2, 3].map((side) => Math[side < 2 ? "min" : "max"](...shapes.map(({ box }) => box[side]))) : null;
    }

    function choose(index, isFar) {
      chosen = index;
      const box = boxAround(index);
      if (isFar && box) wangge.goTo(map, box, { maxZoom: 18 });
      marks.redrawNow();
      wangge.setCurrent(list, index);
      wangge.announce(`${kindName(index)} ${sentence(index)}`);
    }

    function drawList() {
      const facts = document.getElementById("facts");
      if (!everything.length) {
        facts.replaceChildren(wangge.nothing("no_changes", "no_changes_hint"));
        return;
      }
      const rows = everything.filter(isShown);
      list = wangge.items(rows, (index) => ({
        key: index,
        sign: wangge.mark(0, colourOf(index), kindName(index)),
        head: kindName(index),
        value: "",
        sub: [measures(index), sentence(index)].filter(Boolean).join("\n"),
      }), (index) => choose(index, true), "changes");
      facts.replaceChildren(make("h2", { text: wangge.say("n_changes", { n: wangge.number(rows.length) }) }), list);
      if (chosen >= 0 && isShown(chosen)) wangge.setCurrent(list, chosen);
    }

    function drawControls() {
      const present = KINDS.map((name, kind) => ({ kind, key: name, word: `change_${name}`, count: changes.kind.filter((one) => one === kind).length }))
        .filter(({ count }) => count);
      document.getElementById("controls").replaceChildren(
        wangge.figures([["changes", wangge.number(everything.length)], ["grids", wangge.number(grids.kind.length)]]),
        ...present.length ? [make("h2", { word: "change_kinds" }),
          wangge.chips(present.map((item) => ({ ...item, isOn: kindsOn.has(item.kind) })), toggle, "change_kinds")] : [],
        make("h2", { word: "legend" }),
        wangge.legend([
          ...present.map(({ kind, word }) => [wangge.swatch(wangge.faint(kindColour(kind), 0.4), { border: kindColour(kind) }), wangge.say(word)]),
          [wangge.swatch(wangge.colour("bad"), { isLine: true, isDashed: true }), wangge.say("old_outline")],
          [wangge.swatch(wangge.colour("map-mark"), { isLine: true }), wangge.say("new_outline")],
          [wangge.swatch(wangge.colour("map-grid"), { isLine: true }), wangge.say("natural")],
        ]),
      );
    }

    function toggle(key) {
      const kind = KINDS.indexOf(key);
      if (!kindsOn.delete(kind)) kindsOn.add(kind);
      drawControls();
      document.querySelector(`#controls [data-key="${key}"]`).focus();
      drawList();
      marks.redrawNow();
    }

    return {
      draw() {
        drawControls();
        drawList();
        fills.redrawNow();
        marks.redrawNow();
      },
    };
  }

  wangge.pages = { ...wangge.pages, changes: changesPage };
})();
