"use strict";
/* The page's own plane: web Mercator pixels of zoom 12, counted from the page's south-west corner. */
(() => {
  const wangge = (window.wangge = window.wangge || {});
  const ZOOM = 12;
  const WORLD = 256 * 2 ** ZOOM;
  let origin = [0, 0];
  let unit = 1e6;
  let originY = 0;

  const mercatorY = (lat) => (0.5 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / (2 * Math.PI)) * WORLD;

  /** Steps from the origin to a place in the plane. */
  function place(stepsEast, stepsNorth) {
    return [((stepsEast / unit) * WORLD) / 360, mercatorY(origin[1] + stepsNorth / unit) - originY];
  }

  function latLngOf(x, y) {
    const angle = (0.5 - (y + originY) / WORLD) * 2 * Math.PI;
    return L.latLng((Math.atan(Math.sinh(angle)) * 180) / Math.PI, origin[0] + (x * 360) / WORLD);
  }

  function placeOf(latLng) {
    return [((latLng.lng - origin[0]) * WORLD) / 360, mercatorY(latLng.lat) - originY];
  }

  /** Rings of steps as a path for a canvas, as coordinates for hit tests, and their box. */
  function decodeShape(rings) {
    const path = new Path2D();
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    const outlines = rings.map((steps) => {
      const outline = new Float64Array(steps.length);
      let east = 0;
      let north = 0;
      for (let i = 0; i < steps.length; i += 2) {
        east += steps[i];
        north += steps[i + 1];
        const [x, y] = place(east, north);
        outline[i] = x;
        outline[i + 1] = y;
        if (i === 0) path.moveTo(x, y);
        else path.lineTo(x, y);
        box[0] = Math.min(box[0], x);
        box[1] = Math.min(box[1], y);
        box[2] = Math.max(box[2], x);
        box[3] = Math.max(box[3], y);
      }
      path.closePath();
      return outline;
    });
    return { path, outlines, box };
  }

  function decodeShapes(columns) {
    return columns.rings.map((rings, index) => ({
      index,
      ...decodeShape(rings),
      label: columns.label[index] ? place(...columns.label[index]) : null,
    }));
  }

  /** Whether a place lies in a shape (even-odd over all its rings, so holes and parts need no care). */
  function isInside(shape, x, y) {
    const [west, north, east, south] = shape.box;
    if (x < west || x > east || y < north || y > south) return false;
    let inside = false;
    for (const outline of shape.outlines) {
      for (let i = 0, j = outline.length - 2; i < outline.length; j = i, i += 2) {
        const above = outline[i + 1] > y;
        if (above === outline[j + 1] > y) continue;
        const crossing = outline[i] + ((y - outline[i + 1]) * (outline[j] - outline[i])) / (outline[j + 1] - outline[i + 1]);
        if (x < crossing) inside = !inside;
      }
    }
    return inside;
  }

  /** How the plane lies on the screen now: `screen = plane * scale + (left, top)`. */
  function viewOf(map) {
    const scale = map.getZoomScale(map.getZoom(), ZOOM);
    const corner = map.latLngToContainerPoint(latLngOf(0, 0));
    const size = map.getSize();
    const shown = [-corner.x / scale, -corner.y / scale, (size.x - corner.x) / scale, (size.y - corner.y) / scale];
    return { scale, left: corner.x, top: corner.y, size, shown, zoom: map.getZoom() };
  }

  const overlaps = (a, b) => a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1];

  function boundsOf(box) {
    return L.latLngBounds(latLngOf(box[0], box[1]), latLngOf(box[2], box[3]));
  }

  Object.assign(wangge, {
    place, placeOf, latLngOf, decodeShapes, isInside, viewOf, overlaps, boundsOf,
    setPlane(numbers) {
      origin = numbers.origin;
      unit = numbers.unit;
      originY = mercatorY(origin[1]);
    },
  });
})();
