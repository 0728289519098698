/** Requests to our part of the Jupyter server: with its token or cookie, its XSRF token and its base URL. */
import { ServerConnection } from '@jupyterlab/services';

import type { Send } from '../ui/http';

export function serverSend(settings: ServerConnection.ISettings): Send {
  return (path, request) => {
    // not joined by URLExt, which would undo the encoding of names
    const url = `${settings.baseUrl.replace(/\/*$/, '/')}mlrun-jupyter/api/${path}`;
    return ServerConnection.makeRequest(url, { method: request.method, signal: request.signal }, settings);
  };
}
