// Words on the planes: which plane, where it is, and which side is which. As SVG, so that they are sharp and can be read
// and selected; the same on the screen and on paper.
import { capitalized } from '../../shared/format';
import { type Arrangement, axesOf, edgeLetters, type Tile, type Triple } from './layout';
import { sliceInWords } from './readout';

const inset_px = 8;
const smallestForNames_px = 130;

function TileLabels({ tile, mm }: { tile: Tile; mm: Triple }) {
  const { cell, image, plane } = tile;
  const letters = edgeLetters[plane];
  const middleX = image.left + image.width / 2;
  const middleY = image.top + image.height / 2;
  const right = cell.left + cell.width - inset_px;
  const bottom = cell.top + cell.height - inset_px;
  const letterLeft = Math.max(cell.left + inset_px, image.left - 2 * inset_px);
  const letterRight = Math.min(right, image.left + image.width + 2 * inset_px);
  return (
    <g data-plane={plane}>
      <text class="side-letter" x={letterLeft} y={middleY} dominant-baseline="middle" data-side="left">
        {letters.left}
      </text>
      <text class="side-letter" x={letterRight} y={middleY} dominant-baseline="middle" text-anchor="end" data-side="right">
        {letters.right}
      </text>
      <text x={middleX} y={cell.top + inset_px + 10} text-anchor="middle">
        {letters.top}
      </text>
      <text x={middleX} y={bottom} text-anchor="middle">
        {letters.bottom}
      </text>
      {cell.width >= smallestForNames_px && (
        <text class="plane-name" x={right} y={bottom} text-anchor="end">
          {capitalized(plane)} {sliceInWords(axesOf[plane].through, mm)}
        </text>
      )}
    </g>
  );
}

export function SceneLabels({ scene, mm }: { scene: Arrangement; mm: Triple }) {
  return (
    <g class="scene-labels">
      {scene.tiles.map((tile) => (
        <TileLabels key={tile.plane} tile={tile} mm={mm} />
      ))}
    </g>
  );
}
