"use strict";
/* Shapes coloured by count, count per 1 000 households or per square kilometre, in quantile classes. */
(() => {
  const wangge = (window.wangge = window.wangge || {});
  const MEASURES = ["count", "per_1000_households", "per_km2"];
  const LEVELS = ["grids", "communities", "streets"];

  const digitsOf = (measure) => (measure === 0 ? 0 : 1);

  function choroplethPage({ map, numbers, texts, areas }) {
    const { make } = wangge;
    const counted = { ...numbers.counted, ...texts.counted, shapes: wangge.decodeShapes(numbers.counted.shapes) };
    const hasHouseholds = counted.households.some((one) => one > 0);
    let measure = numbers.measure;
    let values = [];
    let bounds = [];
    let chosen = -1;
    let list = null;

    /** The value of a shape, or null where it cannot be said (no households, no area). */
    function valueOf(index, wanted) {
      const count = counted.count[index];
      if (wanted === 0) return count;
      const whole = wanted === 1 ? counted.households[index] / 1000 : counted.area_m2[index] / 1e6;
      return whole > 0 ? count / whole : null;
    }

    const colourOf = (index) => wangge.classColour(wangge.classOf(values[index], bounds), bounds.length);

    const size = wangge.usualSize(counted.shapes);
    const fills = new wangge.CanvasLayer("fills", 390, (context, view) => {
      const unknown = wangge.hatch(wangge.colour("map-grid"), { ground: wangge.colour("map-none") });
      const stroke = wangge.colour("map-halo");
      const width = wangge.lineWidth(size, view, { least: 0.2, most: 0.9, share: 0.03 });
      wangge.paintShapes(context, view, counted.shapes, (index) => ({
        fill: values[index] === null ? unknown : colourOf(index), stroke, width,
      }));
    }).addTo(map);
    wangge.addAreas(map, areas, { showCommunities: () => LEVELS[numbers.level] !== "streets" });
    const highlight = wangge.addHighlight(map);

    const shownValue = (index, wanted = measure) => {
      const value = valueOf(index, wanted);
      return value === null ? wangge.say("unknown") : wangge.number(value, digitsOf(wanted));
    };

    const describe = (index) => [
      ["code", counted.code[index]],
      ...MEASURES.map((name, i) => (i === 1 && !hasHouseholds ? [name, null] : [name, shownValue(index, i)])),
      ["households", counted.households[index] === null ? null : wangge.number(counted.households[index])],
      ["area", wangge.say("km2", { n: wangge.number(counted.area_m2[index] / 1e6, 3) })],
    ];

    wangge.addTip(map, (latLng) => {
      const shape = wangge.shapeAt(counted.shapes, latLng);
      highlight.show(shape || counted.shapes[chosen] || null);
      return shape ? [make("strong", {}, wangge.foreign(counted.name[shape.index] || counted.code[shape.index])), wangge.pairs(describe(shape.index))] : null;
    });
    map.on("click", ({ latlng }) => {
      const shape = wangge.shapeAt(counted.shapes, latlng);
      if (shape) choose(shape.index, false);
    });

    function choose(index, isFar) {
      chosen = index;
      highlight.show(counted.shapes[index]);
      if (isFar) wangge.goTo(map, counted.shapes[index].box, { maxZoom: 15 });
      wangge.setCurrent(list, index);
      wangge.announce(`${counted.name[index]} ${shownValue(index)}`);
    }

    function drawControls() {
      const total = counted.count.reduce((sum, one) => sum + one, 0);
      const known = values.filter((one) => one !== null).sort((a, b) => a - b);
      const median = known.length ? known[Math.floor(known.length / 2)] : 0;
      const highest = known.length ? known.at(-1) : 0;
      const digits = digitsOf(measure);
      document.getElementById("controls").replaceChildren(
        wangge.figures([["events", wangge.number(total)], [LEVELS[numbers.level], wangge.number(counted.count.length)], ["median", wangge.number(median, digits)], ["highest", wangge.number(highest, digits)]]),
        make("h2", { word: "measure" }),
        wangge.chips(MEASURES.map((name, i) => ({ key: name, word: name, isOn: i === measure, isDisabled: i === 1 && !hasHouseholds })), (key) => setMeasure(key), "measure"),
        make("h2", { word: "legend" }),
        make("p", { class: "note", word: MEASURES[measure] }),
        wangge.classLegend(values, bounds, digits),
        make("p", { class: "note", word: "quantile_note" }),
      );
    }

    function setMeasure(key) {
      measure = MEASURES.indexOf(key);
      draw();
      document.querySelector(`#controls [data-key="${key}"]`).focus();
    }

    function drawList() {
      const order = counted.count.map((_, index) => index).filter((index) => values[index] > 0).sort((a, b) => values[b] - values[a]);
      const facts = document.getElementById("facts");
      if (!order.length) {
        facts.replaceChildren(wangge.nothing("no_events", "no_events_hint"));
        return;
      }
      const highest = values[order[0]];
      const ranks = new Map(order.map((index, rank) => [index, rank + 1]));
      list = wangge.items(order, (index) => ({
        key: index,
        sign: make("span", { class: "rank", text: String(ranks.get(index)) }),
        head: counted.name[index] || counted.code[index],
        value: shownValue(index),
        sub: counted.name[index] ? counted.code[index] : "",
        bar: { share: values[index] / highest, colour: colourOf(index) },
      }), (index) => choose(index, true), "highest_first");
      facts.replaceChildren(make("h2", { word: "highest_first" }), list);
    }

    function draw() {
      values = counted.count.map((_, index) => valueOf(index, measure));
      bounds = wangge.quantileBounds(values);
      drawControls();
      drawList();
      fills.redrawNow();
    }

    return { draw };
  }

  wangge.pages = { ...wangge.pages, choropleth: choroplethPage };
})();
