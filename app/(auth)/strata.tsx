/** Layers of rock as rows of cells: decoration, in the theme's colours. Widths in steps of 8, a star marks what was found. */
const LAYERS = [
  '5 9 4 14* 7 12 9',
  '11 6 15 8 5* 10 8',
  '7 12 8 18 5 9 6',
  '4 10* 12 5 15 8 11',
  '14 7 9 13* 6 10 5',
  '9 5 17* 8 12 6 9',
  '6 13 7 10 9* 14 5',
  '12 8 5 16 7 11 8',
  '8 14 9* 6 13 5 10',
  '5 10 12 8 6 15 7',
];
const STEP = 8;
const HEIGHT = 44;
const GAP = 8;

interface Block {
  x: number;
  y: number;
  width: number;
  found: boolean;
  depth: number;
}

const BLOCKS: Block[] = LAYERS.flatMap((layer, depth) => {
  let x = -STEP * 3 * (depth % 3);
  return layer.split(' ').map((word) => {
    const width = Number.parseInt(word, 10) * STEP;
    const block = { x, y: depth * (HEIGHT + GAP), width, found: word.endsWith('*'), depth };
    x += width + GAP;
    return block;
  });
});

export function Strata() {
  return (
    <aside aria-hidden="true" className="relative hidden w-[42%] max-w-[640px] overflow-hidden border-l bg-side lg:block">
      <svg aria-hidden="true" viewBox="0 0 480 512" preserveAspectRatio="xMidYMid slice" className="absolute inset-0 size-full">
        {BLOCKS.map(({ x, y, width, found, depth }) => (
          <rect
            key={`${x}/${y}`}
            x={x}
            y={y}
            width={width}
            height={HEIGHT}
            rx={6}
            fill={found ? 'var(--color-accent)' : 'var(--color-active)'}
            opacity={found ? 0.35 + depth * 0.06 : 0.25 + depth * 0.075}
          />
        ))}
      </svg>
    </aside>
  );
}
