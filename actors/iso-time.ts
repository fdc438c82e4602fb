/** RFC 3339 text ⇄ milliseconds since the epoch, without a clock. Days are counted in the proleptic Gregorian calendar. */

const dayMs = 86_400_000;

/** Days from 1970-01-01 to the given date; years start in March so that the leap day comes last. */
function daysFromDate(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  return era * 146_097 + yearOfEra * 365 + leapDays + dayOfYear - 719_468;
}

function dateFromDays(days: number): [year: number, month: number, day: number] {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const leapDays = Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100);
  const dayOfYear = dayOfEra - (365 * yearOfEra + leapDays);
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return [yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day];
}

const pad = (value: number, width = 2): string => `${value}`.padStart(width, '0');

/** `2026-01-31T08:15:00.250Z`. */
export function isoTime(atMs: number): string {
  const days = Math.floor(atMs / dayMs);
  const rest = Math.floor(atMs - days * dayMs);
  const [year, month, day] = dateFromDays(days);
  const seconds = Math.floor(rest / 1000);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const time = clock.map((part) => pad(part)).join(':');
  return `${pad(year, 4)}-${pad(month)}-${pad(day)}T${time}.${pad(rest % 1000, 3)}Z`;
}

const shape =
  /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|([+-])(\d\d):(\d\d))$/;

/** Undefined when the text is no RFC 3339 time; leap seconds count as the last second of the minute. */
export function parseIsoTime(text: string): number | undefined {
  const found = shape.exec(text);
  if (!found) return undefined;
  const part = (index: number): number => Number(found[index] ?? 0);
  const [year, month, day] = [part(1), part(2), part(3)];
  const days = daysFromDate(year, month, day);
  const [sameYear, sameMonth, sameDay] = dateFromDays(days);
  if (sameYear !== year || sameMonth !== month || sameDay !== day) return undefined;
  const [hour, minute, second] = [part(4), part(5), part(6)];
  const [offsetHours, offsetMinutes] = [part(9), part(10)];
  if (hour > 23 || minute > 59 || second > 60 || offsetHours > 23 || offsetMinutes > 59)
    return undefined;
  const fraction = Math.floor(Number(`0.${found[7] ?? '0'}`) * 1000);
  const local = days * dayMs + ((hour * 60 + minute) * 60 + Math.min(second, 59)) * 1000 + fraction;
  const offsetMs = (offsetHours * 60 + offsetMinutes) * 60_000;
  return found[8] === '-' ? local + offsetMs : local - offsetMs;
}
