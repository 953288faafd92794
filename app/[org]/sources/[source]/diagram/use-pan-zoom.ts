'use client';

import { type KeyboardEvent, type PointerEvent, type RefObject, useCallback, useEffect, useRef, useState } from 'react';

export interface Camera {
  /** The point of the drawing at the pane's upper left corner, and how large a unit of it is drawn. */
  x: number;
  y: number;
  scale: number;
}

const SCALE = { least: 0.15, most: 2 };
const MARGIN_PX = 24;
const STEP_PX = 60;

const MOVES: Record<string, [x: number, y: number]> = {
  ArrowLeft: [-STEP_PX, 0],
  ArrowRight: [STEP_PX, 0],
  ArrowUp: [0, -STEP_PX],
  ArrowDown: [0, STEP_PX],
};
const ZOOMS: Record<string, number> = { '+': 1.25, '=': 1.25, '-': 0.8 };

interface PanZoom {
  pane: RefObject<HTMLDivElement | null>;
  camera: Camera;
  showAll(): void;
  zoom(factor: number): void;
  handlers: {
    onPointerDown(event: PointerEvent): void;
    onKeyDown(event: KeyboardEvent): void;
  };
}

/** Moves a drawing under a pane: drag, wheel and arrow keys move it; pinch, Ctrl and wheel, + and − zoom; 0 shows all of it. */
export function usePanZoom(size: { width: number; height: number }): PanZoom {
  const pane = useRef<HTMLDivElement>(null);
  const [camera, setCamera] = useState<Camera>({ x: 0, y: 0, scale: 1 });
  const { width, height } = size;

  const showAll = useCallback(() => {
    const node = pane.current;
    if (!node || width === 0) return;
    const room = { width: node.clientWidth - 2 * MARGIN_PX, height: node.clientHeight - 2 * MARGIN_PX };
    const scale = clamp(Math.min(room.width / width, room.height / height, 1));
    setCamera({ scale, x: (width - node.clientWidth / scale) / 2, y: (height - node.clientHeight / scale) / 2 });
  }, [width, height]);

  const zoomAt = useCallback((factor: number, at: { x: number; y: number }) => {
    setCamera((old) => {
      const scale = clamp(old.scale * factor);
      return { scale, x: old.x + at.x / old.scale - at.x / scale, y: old.y + at.y / old.scale - at.y / scale };
    });
  }, []);

  const move = useCallback(
    (dx: number, dy: number) => setCamera((old) => ({ ...old, x: old.x + dx / old.scale, y: old.y + dy / old.scale })),
    [],
  );

  const zoom = useCallback(
    (factor: number) => {
      const node = pane.current;
      if (node) zoomAt(factor, { x: node.clientWidth / 2, y: node.clientHeight / 2 });
    },
    [zoomAt],
  );

  useEffect(showAll, [showAll]);
  useEffect(() => {
    const node = pane.current;
    if (!node) return;
    // Not React's onWheel: that one is passive, and the page would zoom or scroll too.
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const box = node.getBoundingClientRect();
      const at = { x: event.clientX - box.left, y: event.clientY - box.top };
      if (event.ctrlKey || event.metaKey) zoomAt(Math.exp(-event.deltaY / 300), at);
      else move(event.deltaX, event.deltaY);
    };
    node.addEventListener('wheel', wheel, { passive: false });
    return () => node.removeEventListener('wheel', wheel);
  }, [zoomAt, move]);

  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return;
    let last = { x: event.clientX, y: event.clientY };
    const drag = (now: globalThis.PointerEvent) => {
      move(last.x - now.clientX, last.y - now.clientY);
      last = { x: now.clientX, y: now.clientY };
    };
    const end = () => {
      window.removeEventListener('pointermove', drag);
      window.removeEventListener('pointerup', end);
      window.removeEventListener('pointercancel', end);
    };
    window.addEventListener('pointermove', drag);
    window.addEventListener('pointerup', end);
    window.addEventListener('pointercancel', end);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const by = MOVES[event.key];
    const factor = ZOOMS[event.key];
    const act = by ? () => move(...by) : factor ? () => zoom(factor) : event.key === '0' ? showAll : null;
    if (!act || event.metaKey || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    act();
  };

  return { pane, camera, showAll, zoom, handlers: { onPointerDown, onKeyDown } };
}

const clamp = (scale: number) => Math.min(SCALE.most, Math.max(SCALE.least, scale));
