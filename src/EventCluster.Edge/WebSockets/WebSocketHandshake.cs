using System.Security.Cryptography;
using System.Text;
using EventCluster.Edge.Http;
using EventCluster.Edge.Messages;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace EventCluster.Edge.WebSockets;

/// <summary>The opening handshake over HTTP/1.1 (RFC 6455 4.2) and HTTP/2 (extended CONNECT, RFC 8441).</summary>
internal static class WebSocketHandshake
{
    private const string Version = "13";
    private const string AcceptSalt = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    private const int KeyBytes = 16;

    /// <summary>Whether the request asks for a WebSocket.</summary>
    public static bool IsRequested(HttpContext context)
    {
        if (context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true } connect)
        {
            return string.Equals(connect.Protocol, "websocket", StringComparison.OrdinalIgnoreCase);
        }

        return HttpMethods.IsGet(context.Request.Method)
            && context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true }
            && Lists(context.Request.Headers.Upgrade, "websocket");
    }

    /// <summary>What is wrong with the handshake; null when it can be accepted.</summary>
    public static RequestFault? Check(HttpContext context)
    {
        var headers = context.Request.Headers;
        if (headers.SecWebSocketVersion.ToString() != Version)
        {
            return new RequestFault(
                StatusCodes.Status426UpgradeRequired, ErrorCode.BadRequest, "Sec-WebSocket-Version must be 13.")
            {
                Headers = [new("Sec-WebSocket-Version", Version)],
            };
        }

        if (!IsConnect(context) && !IsKey(headers.SecWebSocketKey.ToString()))
        {
            return RequestFault.BadRequest("Sec-WebSocket-Key must be 16 bytes in base64.");
        }

        return headers.SecWebSocketProtocol.Count > 0 && !OffersSubprotocol(context)
            ? RequestFault.BadRequest($"Sec-WebSocket-Protocol must offer {ServerMessages.Subprotocol}.")
            : null;
    }

    /// <summary>Whether the client speaks the subprotocol. One that offers none cannot be told by HTTP, only by a close.</summary>
    public static bool OffersSubprotocol(HttpContext context) =>
        Lists(context.Request.Headers.SecWebSocketProtocol, ServerMessages.Subprotocol);

    /// <summary>Accepts; afterwards the stream carries frames in both directions.</summary>
    public static ValueTask<Stream> AcceptAsync(HttpContext context)
    {
        var headers = context.Response.Headers;
        if (OffersSubprotocol(context))
        {
            headers.SecWebSocketProtocol = ServerMessages.Subprotocol;
        }

        if (IsConnect(context))
        {
            return context.Features.GetRequiredFeature<IHttpExtendedConnectFeature>().AcceptAsync();
        }

        headers.Connection = "Upgrade";
        headers.Upgrade = "websocket";
        headers.SecWebSocketAccept = AcceptFor(context.Request.Headers.SecWebSocketKey.ToString());
        return new ValueTask<Stream>(context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync());
    }

    /// <summary>The answer to a key (RFC 6455 4.2.2).</summary>
    public static string AcceptFor(string key)
    {
        // The handshake's check value, fixed by the RFC; nothing is protected by it.
#pragma warning disable CA5350
        return Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + AcceptSalt)));
#pragma warning restore CA5350
    }

    private static bool IsConnect(HttpContext context) =>
        context.Features.Get<IHttpExtendedConnectFeature>() is { IsExtendedConnect: true };

    private static bool IsKey(string key)
    {
        Span<byte> bytes = stackalloc byte[KeyBytes + 2];
        return key.Length == 24 && Convert.TryFromBase64String(key, bytes, out var length) && length == KeyBytes;
    }

    private static bool Lists(StringValues header, string token)
    {
        foreach (var line in header)
        {
            foreach (var item in line.AsSpan().Split(','))
            {
                if (line.AsSpan()[item].Trim().Equals(token, StringComparison.OrdinalIgnoreCase))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
