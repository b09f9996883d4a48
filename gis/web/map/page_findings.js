"use strict";
/* Findings of a check: severity by shape and colour, the list beside the map zooms to the place. */
(() => {
  const wangge = (window.wangge = window.wangge || {});
  const KINDS = [
    "gap", "overlap", "outside_parent", "invalid", "multi_part", "duplicate_code", "bad_code", "nesting",
    "repeated_vertex", "spike", "narrow_neck", "too_small", "too_large", "not_compact", "stray_part",
    "retired_code", "code_order", "no_worker", "edge_mismatch", "building_cut", "unit_group", "intended_hole",
  ];
  const SEVERITIES = ["error", "warning", "info"];
  const COLOURS = ["bad", "warn", "info"];
  const MARKS = [2, 1, 0];
  const PLACE = 1.5; // half the size, in the plane, of the place zoomed to for a finding without extent

  function findingsPage({ map, numbers, texts, areas }) {
    const { make } = wangge;
    const findings = { ...numbers.findings, ...texts.findings, shapes: wangge.decodeShapes(numbers.findings.shapes) };
    const grids = { ...numbers.grids, shapes: wangge.decodeShapes(numbers.grids.shapes) };
    const everything = findings.kind.map((_, index) => index);
    const kindsOn = new Set(findings.kind);
    const severitiesOn = new Set([0, 1, 2]);
    let chosen = -1;
    let list = null;

    const sizeOnScreen = ({ box }, view) => Math.min(box[2] - box[0], box[3] - box[1]) * view.scale;
    const isShown = (index) => kindsOn.has(findings.kind[index]) && severitiesOn.has(findings.severity[index]);
    const colourOf = (index) => wangge.colour(COLOURS[findings.severity[index]]);

    const fills = wangge.addGridLines(map, grids);
    wangge.addAreas(map, areas);

    const marks = new wangge.CanvasLayer("findings", 470, (context, view) => {
      const shown = everything.filter(isShown).reverse();
      wangge.paintShapes(context, view, shown.map((index) => findings.shapes[index]), (index) => ({
        fill: wangge.faint(colourOf(index), 0.45), stroke: colourOf(index), width: 1.8,
      }));
      for (const index of shown) paintMark(context, view, index);
    }).addTo(map);

    function paintMark(context, view, index) {
      const at = findings.shapes[index].label;
      const isLarge = sizeOnScreen(findings.shapes[index], view) > 60;
      if (!at || (isLarge && index !== chosen)) return;
      wangge.paintMark(context, view, at, { kind: MARKS[findings.severity[index]], radius: index === chosen ? 9 : 5.5, colour: colourOf(index) });
    }

    const nearest = (latLng) => wangge.markedAt(map, findings.shapes, latLng, isShown);
    const kindName = (index) => wangge.say(`finding_${KINDS[findings.kind[index]]}`);

    /** Area and width in the unit that reads best; nothing for findings without an area. */
    function measures(index) {
      const area = findings.area_dm2[index] / 100;
      if (!area) return "";
      const width = findings.width_mm[index] / 1000;
      return `${wangge.areaText(area)} · ${wangge.say("wide", { n: wangge.number(width, width < 10 ? 2 : 0) })}`;
    }

    const sentence = (index) => {
      const own = findings.sentences[wangge.language()] || Object.values(findings.sentences)[0];
      return own ? own[index] : "";
    };

    wangge.addTip(map, (latLng) => {
      const index = nearest(latLng);
      return index < 0 ? null : [
        make("strong", { text: kindName(index) }),
        make("div", {}, wangge.foreign(findings.grids[index].join(" · "))),
        make("div", { text: measures(index) }),
      ];
    });
    map.on("click", ({ latlng }) => {
      const index = nearest(latlng);
      if (index >= 0) choose(index, false);
    });

    function choose(index, isFar) {
      chosen = index;
      const shape = findings.shapes[index];
      const at = shape.label;
      const box = shape.outlines.length || !at ? shape.box : [at[0] - PLACE, at[1] - PLACE, at[0] + PLACE, at[1] + PLACE];
      if (isFar && Number.isFinite(box[0])) wangge.goTo(map, box, { maxZoom: 18 });
      marks.redrawNow();
      wangge.setCurrent(list, index);
      wangge.announce(`${kindName(index)} ${findings.grids[index].join(" ")} ${measures(index)}`);
    }

    function drawList() {
      const facts = document.getElementById("facts");
      if (!everything.length) {
        facts.replaceChildren(wangge.nothing("no_findings", "no_findings_hint"));
        return;
      }
      const rows = everything.filter(isShown);
      list = wangge.items(rows, (index) => ({
        key: index,
        sign: wangge.mark(MARKS[findings.severity[index]], colourOf(index), wangge.say(`severity_${SEVERITIES[findings.severity[index]]}`)),
        head: `${kindName(index)}${findings.shapes[index].label ? "" : ` · ${wangge.say("no_place")}`}`,
        value: "",
        sub: [measures(index), sentence(index) || findings.grids[index].join(" · ")].filter(Boolean).join("\n"),
      }), (index) => choose(index, true), "findings");
      facts.replaceChildren(make("h2", { text: wangge.say("n_findings", { n: wangge.number(rows.length) }) }), list);
      if (chosen >= 0) wangge.setCurrent(list, chosen);
    }

    function drawControls() {
      const ofSeverity = (severity) => findings.severity.filter((one) => one === severity).length;
      const present = KINDS.map((name, kind) => ({ kind, key: name, word: `finding_${name}`, count: findings.kind.filter((one) => one === kind).length }))
        .filter(({ count }) => count);
      document.getElementById("controls").replaceChildren(
        wangge.figures([...SEVERITIES.map((name, severity) => [`n_${name}`, wangge.number(ofSeverity(severity))]), ["grids_checked", wangge.number(grids.kind.length)]]),
        ...present.length ? [make("h2", { word: "finding_kinds" }),
          wangge.chips(present.map((item) => ({ ...item, isOn: kindsOn.has(item.kind) })), (key) => toggle(kindsOn, KINDS.indexOf(key), key), "finding_kinds")] : [],
        make("h2", { word: "severity" }),
        wangge.chips(SEVERITIES.map((name, severity) => ({ key: name, word: `severity_${name}`, isOn: severitiesOn.has(severity) })), (key) => toggle(severitiesOn, SEVERITIES.indexOf(key), key), "severity"),
        make("h2", { word: "legend" }),
        wangge.legend([
          ...SEVERITIES.map((name, severity) => [wangge.mark(MARKS[severity], wangge.colour(COLOURS[severity])), wangge.say(`severity_${name}_legend`)]),
          [wangge.swatch(wangge.colour("map-grid"), { isLine: true }), wangge.say("natural")],
          [wangge.swatch(wangge.colour("map-street"), { isLine: true }), wangge.say("street_line")],
        ]),
      );
    }

    function toggle(set, value, key) {
      if (!set.delete(value)) set.add(value);
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

  wangge.pages = { ...wangge.pages, findings: findingsPage };
})();
