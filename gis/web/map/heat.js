"use strict";
/* Draws with folium's heat layer, but gathers the points itself: one scale holds for all moments and views. */
(() => {
  const wangge = (window.wangge = window.wangge || {});
  const CELL_PX = 6; // points gathered in one stamp
  const REACH_PX = 25; // a square of the area of a stamp: the fullest one sets the scale
  const MARGIN_PX = 40; // stamps beyond the edge still reach into the map
  const COVER = 0.99; // cover where it is fullest
  const LEAST = 3; // a single event is never the darkest place
  const FAINTEST = 0.002;

  /** Gather the points from `from` to `to` that `isShown` lets through in cells `[x, y, count]` (sums). */
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

  // stamps that lie over each other leave (1 - a)(1 - b) uncovered, so cover grows with the number of
  // points by this law whatever stamp they are in
  const coverOf = (count, most) => 1 - (1 - COVER) ** (count / most);

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
    let shown = [0, 0];

    function scaleNow(view) {
      if (!scales.has(view.zoom)) {
        const most = spans().map(([from, to]) => fullest(gather(points, REACH_PX / view.scale, from, to, isShown)));
        scales.set(view.zoom, most.reduce((a, b) => Math.max(a, b), LEAST));
      }
      return scales.get(view.zoom);
    }

    function draw() {
      layer._frame = null;
      if (!layer._map) return;
      const view = wangge.viewOf(map);
      const most = scaleNow(view);
      const stamps = [];
      for (const [x, y, count] of gather(points, CELL_PX / view.scale, ...shown, isShown).values()) {
        const left = Math.round((x / count) * view.scale + view.left);
        const top = Math.round((y / count) * view.scale + view.top);
        const isNear = left > -MARGIN_PX && top > -MARGIN_PX && left < view.size.x + MARGIN_PX && top < view.size.y + MARGIN_PX;
        if (isNear) stamps.push([left, top, coverOf(count, most)]);
      }
      layer._heat.max(1).data(stamps).draw(FAINTEST);
    }

    prepareCanvas(layer);
    // the layer's own way adds up neighbouring stamps and sets the scale anew at every move
    layer._redraw = draw;

    return {
      show(from, to) {
        shown = [from, to];
        layer.redraw();
      },
      /** The filters changed: the scale has to be found again. */
      forget: () => scales.clear(),
      recolour: () => layer.setOptions({ gradient: wangge.heatGradient() }),
    };
  }

  Object.assign(wangge, { makeHeat });
})();
