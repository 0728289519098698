/** What every part of the UI can reach: the store, the host's deeds, the translation. */
import * as React from 'react';

import type { IHost, IRunClient } from './client';

/** The part of a host's translation that is used; `%1`, `%2` ... stand for the arguments. */
export interface ITranslation {
  __(text: string, ...args: unknown[]): string;
}

export const ENGLISH: ITranslation = {
  __: (text, ...args) =>
    text.replace(/%(\d)/g, (whole, index: string) => String(args[Number(index) - 1] ?? whole))
};

export interface IUi {
  /** null: nothing may be asked, what is given is all there is. */
  client: IRunClient | null;
  host: IHost;
  trans: ITranslation;
}

const Context = React.createContext<IUi>({ client: null, host: {}, trans: ENGLISH });

export const UiProvider = Context.Provider;

export function useUi(): IUi {
  return React.useContext(Context);
}
