using Microsoft.Extensions.Logging;

namespace EventCluster.Hosting.Logging;

/// <summary>
/// What the framework logs about connections and what strangers send on them: bad frames, floods, handshakes that are none. Some of it
/// comes as an error or worse and with a stack trace, though nothing is wrong with the server; any client could fill the log with it.
/// </summary>
internal static class ClientFaults
{
    private const string Kestrel = "Microsoft.AspNetCore.Server.Kestrel";

    /// <summary>Kestrel's "an unhandled exception was thrown by the application": a fault of the server.</summary>
    private const int ApplicationError = 13;

    /// <summary>Parts of the framework that read what clients send, and log nothing else at these levels.</summary>
    private static readonly string[] Categories =
    [
        Kestrel + ".",
        "Microsoft.AspNetCore.SignalR.HubConnectionContext",
        "Microsoft.AspNetCore.SignalR.HubConnectionHandler",
        "Microsoft.AspNetCore.SignalR.Internal.DefaultHubDispatcher",
        "Microsoft.AspNetCore.Http.Connections.",
        "Microsoft.AspNetCore.WebSockets",
        "Microsoft.AspNetCore.HostFiltering",
    ];

    /// <summary>SignalR's event of a hub method that threw, and of a callback of the hub that did: faults of the server.</summary>
    private static readonly string[] ServerEvents = ["FailedInvokingHubMethod", "ErrorDispatchingHubEvent"];

    /// <summary>Whether an entry says what a client did.</summary>
    /// <param name="category">The category.</param>
    /// <param name="level">Its level.</param>
    /// <param name="id">Its kind.</param>
    public static bool Is(string category, LogLevel level, EventId id)
    {
        if (level < LogLevel.Warning)
        {
            return false;
        }

        // The category of the server itself has both. That an application never completed (23, critical) is Kestrel's doing over HTTP/2:
        // it forgets a connection that its client resets under many requests (dotnet/aspnetcore 51307). Without a number of their own
        // come what ended a connection below the application as a warning or an error, and as critical that none are accepted any more.
        return category == Kestrel
            ? id.Id != ApplicationError && (id.Id != 0 || level < LogLevel.Critical)
            : Array.Exists(Categories, part => category.StartsWith(part, StringComparison.Ordinal))
                && Array.IndexOf(ServerEvents, id.Name) < 0;
    }
}
