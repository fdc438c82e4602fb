/** Style of dialogs and of the views that are loaded on demand. */

/** Address of the sheet; set-up writes it in. */
declare const LATER_STYLE: string;

let loading: Promise<void> | undefined;

/** Resolves once the sheet applies. @throws Error with what to do next; another call then tries again */
export const laterStyle = (): Promise<void> =>
  (loading ??= new Promise<void>((resolve, reject) => {
    const sheet = document.createElement('link');
    sheet.rel = 'stylesheet';
    sheet.href = LATER_STYLE;
    sheet.onload = () => resolve();
    sheet.onerror = () => {
      sheet.remove();
      loading = undefined;
      reject(new Error('The host does not answer. Check that it runs.'));
    };
    document.head.append(sheet);
  }));
