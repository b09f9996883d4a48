"use strict";
/* Feeds folium's heat layer: points are gathered in cells, and one scale holds for all moments and views. */
(() => {
  const wangge = (window.wangge = window.wangge || {});
  const CELL_PX = 6; // points gathered in one stamp
  const REACH_PX = 18; // a little less than a stamp covers: the fullest square of this side sets the scale
  const COVER = 0.985; // cover where it is fullest
  const BEND = 0.72; // below 1 lifts quiet places, so that one hot spot does not hide all others
  const MOST_COVER = 0.5; // of one stamp: the layer may add two of them before it draws

  const LEAST = 3; // a single event is never the darkest place

  /** Gather the points from `from` to `to` that `isShown` lets through in cells `[x, y, count]`. */
  function gather(points, cell, from, to, isShown) {
    const cells = new Map();
    for (let i = from; i < to; i += 1) {
      if (isShown && !isShown(i)) continue;
      const key = Math.floor(points.x[i] / cell) * 1e7 + Math.floor(points.y[i] / cell);
      const found = cells.get(key);
      if (found) {
        found[0] += points.x[i];
        found[1] += points.y[i];
        found[2] += 1;
      } else cells.set(key, [points.x[i], points.y[i], 1]);
    }
    return cells;
  }

  const fullest = (cells) => {
    let most = 0;
    for (const cell of cells.values()) most = Math.max(most, cell[2]);
    return most;
  };

  /** Give the layer a canvas made for being read back, which it does at every redraw. */
  function prepareCanvas(layer) {
    layer._canvas = L.DomUtil.create("canvas", "leaflet-heatmap-layer leaflet-layer leaflet-zoom-animated");
    layer._canvas.style.transformOrigin = "50% 50%";
    layer._canvas.setAttribute("aria-hidden", "true");
    layer._canvas.getContext("2d", { willReadFrequently: true });
    layer._heat = window.simpleheat(layer._canvas);
    layer._updateOptions();
  }

  /**
   * Show points as heat.
   * `spans()` gives the ranges of points that are shown one at a time; the scale is that of the fullest one.
   */
  function makeHeat(map, layer, points, { spans, isShown }) {
    const scales = new Map();
    prepareCanvas(layer);

    const inPlane = (pixels) => pixels / wangge.viewOf(map).scale;

    function scaleNow() {
      const zoom = map.getZoom();
      if (!scales.has(zoom)) {
        const most = spans().map(([from, to]) => fullest(gather(points, inPlane(REACH_PX), from, to, isShown)));
        scales.set(zoom, most.reduce((a, b) => Math.max(a, b), LEAST));
      }
      return scales.get(zoom);
    }

    // stamps that lie over each other leave (1 - a)(1 - b) uncovered, so cover grows with the number of
    // points by this law whatever stamp they are in
    const coverOf = (count, most) => Math.min(MOST_COVER, 1 - (1 - COVER) ** ((count / most) ** BEND));

    function show(from, to) {
      const most = scaleNow();
      const stamps = [];
      for (const [x, y, count] of gather(points, inPlane(CELL_PX), from, to, isShown).values()) {
        const { lat, lng } = wangge.latLngOf(x / count, y / count);
        stamps.push([lat, lng, coverOf(count, most)]);
      }
      layer.setLatLngs(stamps);
    }

    return {
      show,
      /** The filters changed: the scale has to be found again. */
      forget: () => scales.clear(),
      recolour: () => layer.setOptions({ gradient: wangge.heatGradient() }),
    };
  }

  Object.assign(wangge, { makeHeat });
})();
