import { number, percent } from '../../shared/format';
import { changeGradient } from './colors';

export function ColorBar({ range_percent, note }: { range_percent: number; note?: string }) {
  const ticks = [-1, -0.5, 0, 0.5, 1];
  const decimals = range_percent % 2 === 0 ? 0 : 1;
  return (
    <div class="color-bar" role="img" aria-label={`Colors: blue to −${range_percent} % is loss, orange to +${range_percent} % is gain`}>
      <div class="color-bar-ends">
        <span>loss</span>
        <span>local volume change, %</span>
        <span>gain</span>
      </div>
      <div class="color-bar-colors" style={{ background: changeGradient() }} />
      <div class="color-bar-ticks">
        {ticks.map((tick) => {
          const value = tick * range_percent;
          const text = tick === 0 ? '0' : number(value, Number.isInteger(value) ? 0 : decimals);
          return <span key={tick}>{tick > 0 ? `+${text}` : text}</span>;
        })}
      </div>
      {note && <p class="viewer-note">{note}</p>}
      <span class="visually-hidden">{`${percent(-range_percent, 1)} to ${percent(range_percent, 1)}`}</span>
    </div>
  );
}
