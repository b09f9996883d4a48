"use strict";
/* Canvas layers over typed coordinates: no object in the page for a grid, one redraw a frame. */
(() => {
  const wangge = (window.wangge = window.wangge || {});
  const NATURAL = 0; // of the kinds of grids

  const MARGIN = 0.25; // of the map's size is drawn beyond each edge, so that most pans draw nothing

  /** A canvas somewhat larger than the map, painted again when it no longer covers it. */
  const CanvasLayer = L.Layer.extend({
    /** `paint(context, view)` draws in pixels; `view` says how the plane lies on the canvas. */
    initialize(paneName, order, paint) {
      Object.assign(this, { paneName, order, paint });
    },

    onAdd(map) {
      const pane = map.getPane(this.paneName) || map.createPane(this.paneName);
      pane.style.zIndex = this.order;
      pane.style.pointerEvents = "none";
      this.canvas = L.DomUtil.create("canvas", "leaflet-zoom-animated", pane);
      this.canvas.setAttribute("aria-hidden", "true");
      this.redrawNow();
    },

    onRemove() {
      this.canvas.remove();
    },

    getEvents() {
      return {
        move: this.followMove,
        zoomend: this.redrawNow,
        viewreset: this.redrawNow,
        resize: this.redrawNow,
        zoomanim: this.followZoom,
      };
    },

    redrawNow() {
      const map = this._map;
      const view = this.viewWithMargin(map);
      this.fitCanvas(view);
      L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint(view.margin.multiplyBy(-1)));
      this.drawnAt = { corner: map.containerPointToLatLng(view.margin.multiplyBy(-1)), zoom: view.zoom, margin: view.margin };
      const context = this.canvas.getContext("2d");
      context.setTransform(view.fine, 0, 0, view.fine, 0, 0);
      context.clearRect(0, 0, view.size.x, view.size.y);
      this.paint(context, view);
    },

    viewWithMargin(map) {
      const view = wangge.viewOf(map);
      const margin = view.size.multiplyBy(MARGIN).round();
      const [west, north, east, south] = view.shown;
      const [wide, high] = [margin.x / view.scale, margin.y / view.scale];
      return {
        ...view,
        margin,
        fine: window.devicePixelRatio || 1,
        left: view.left + margin.x,
        top: view.top + margin.y,
        size: view.size.add(margin.multiplyBy(2)),
        shown: [west - wide, north - high, east + wide, south + high],
      };
    },

    fitCanvas({ size, fine }) {
      const width = Math.round(size.x * fine);
      const height = Math.round(size.y * fine);
      if (this.canvas.width === width && this.canvas.height === height) return;
      this.canvas.width = width;
      this.canvas.height = height;
      this.canvas.style.width = `${size.x}px`;
      this.canvas.style.height = `${size.y}px`;
    },

    /** The canvas moves with the map; it is painted again once its margin is used up or the zoom differs. */
    followMove() {
      const { corner, zoom, margin } = this.drawnAt;
      const moved = this._map.latLngToContainerPoint(corner).add(margin);
      const isCovered = Math.abs(moved.x) < margin.x && Math.abs(moved.y) < margin.y;
      if (!isCovered || zoom !== this._map.getZoom()) this.redrawNow();
    },

    followZoom(event) {
      const scale = this._map.getZoomScale(event.zoom, this.drawnAt.zoom);
      const offset = this._map._latLngToNewLayerPoint(this.drawnAt.corner, event.zoom, event.center);
      L.DomUtil.setTransform(this.canvas, offset, scale);
    },
  });

  /** Draw in the plane: line widths are divided by the scale so that they stay in pixels. */
  function inPlane(context, view, draw) {
    context.save();
    context.transform(view.scale, 0, 0, view.scale, view.left, view.top);
    context.lineJoin = "round";
    draw();
    context.restore();
  }

  /** Fill and outline shapes; `styleOf(index)` gives `{fill, stroke, width, dash}` or null to leave it out. */
  function paintShapes(context, view, shapes, styleOf) {
    inPlane(context, view, () => {
      for (const shape of shapes) {
        if (!wangge.overlaps(shape.box, view.shown)) continue;
        const style = styleOf(shape.index);
        if (!style) continue;
        if (style.fill) {
          if (style.fill.setTransform) style.fill.setTransform(new DOMMatrix().scale(1 / view.scale));
          context.fillStyle = style.fill;
          context.fill(shape.path, "evenodd");
        }
        if (style.stroke) {
          context.strokeStyle = style.stroke;
          context.lineWidth = style.width / view.scale;
          context.setLineDash((style.dash || []).map((length) => length / view.scale));
          context.stroke(shape.path);
        }
      }
    });
  }

  /** The usual size of a layer's shapes in the plane: the median side of their boxes. */
  function usualSize(shapes) {
    const sides = shapes.filter(({ outlines }) => outlines.length).map(({ box }) => Math.sqrt((box[2] - box[0]) * (box[3] - box[1])));
    return sides.length ? sides.sort((a, b) => a - b)[Math.floor(sides.length / 2)] : 0;
  }

  /** Lines get thinner where shapes get small on the screen, or they would cover what they part. */
  const lineWidth = (size, view, { least, most, share }) => Math.min(most, Math.max(least, size * view.scale * share));

  /** Write labels, the first ones first, each only where nothing is written yet and its shape has room. */
  function paintLabels(context, view, labels, { font, colour, halo, taken }) {
    context.font = font;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 3.5;
    context.strokeStyle = halo;
    context.fillStyle = colour;
    for (const { text, at, room = Infinity } of labels) {
      const x = at[0] * view.scale + view.left;
      const y = at[1] * view.scale + view.top;
      if (x < -60 || y < -20 || x > view.size.x + 60 || y > view.size.y + 20) continue;
      const half = context.measureText(text).width / 2 + 3;
      if (half > room * view.scale) continue;
      const box = [x - half, y - 9, x + half, y + 9];
      if (taken.some((other) => wangge.overlaps(box, other))) continue;
      taken.push(box);
      context.strokeText(text, x, y);
      context.fillText(text, x, y);
    }
  }

  /** The topmost shape at a place of the map, among those `isShown(index)` lets through. */
  function shapeAt(shapes, latLng, isShown = () => true) {
    const [x, y] = wangge.placeOf(latLng);
    for (let i = shapes.length - 1; i >= 0; i -= 1) {
      if (isShown(shapes[i].index) && wangge.isInside(shapes[i], x, y)) return shapes[i];
    }
    return null;
  }

  /** The shape whose label is within so many pixels of a place of the map, else the topmost one there; -1 if none. */
  function markedAt(map, shapes, latLng, isShown, reach = 12) {
    const [x, y] = wangge.placeOf(latLng);
    let found = -1;
    let least = reach / wangge.viewOf(map).scale;
    for (const { label, index } of shapes) {
      if (!label || !isShown(index)) continue;
      const distance = Math.hypot(label[0] - x, label[1] - y);
      if (distance < least) [found, least] = [index, distance];
    }
    const shape = found < 0 ? shapeAt(shapes, latLng, isShown) : null;
    return shape ? shape.index : found;
  }

  /** The outlines of natural grids, thin, below everything else. */
  function addGridLines(map, grids, isShown = () => true) {
    const size = usualSize(grids.shapes);
    return new CanvasLayer("fills", 390, (context, view) => {
      const style = { stroke: wangge.colour("map-grid"), width: lineWidth(size, view, { least: 0.2, most: 0.9, share: 0.03 }) };
      paintShapes(context, view, grids.shapes, (index) => (grids.kind[index] === NATURAL && isShown(index) ? style : null));
    }).addTo(map);
  }

  /** A hatch as a fill; it keeps its width in pixels at every zoom. */
  function hatch(colour, { gap = 8, width = 1.2, rising = true, ground = null } = {}) {
    const tile = document.createElement("canvas");
    tile.width = gap * 2;
    tile.height = gap * 2;
    const context = tile.getContext("2d");
    if (ground) {
      context.fillStyle = ground;
      context.fillRect(0, 0, tile.width, tile.height);
    }
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.beginPath();
    for (let start = -gap * 2; start <= gap * 4; start += gap) {
      context.moveTo(start, rising ? gap * 2 : 0);
      context.lineTo(start + gap * 2, rising ? 0 : gap * 2);
    }
    context.stroke();
    return context.createPattern(tile, "repeat");
  }

  Object.assign(wangge, { CanvasLayer, usualSize, lineWidth, paintShapes, paintLabels, shapeAt, markedAt, addGridLines, hatch });
})();
