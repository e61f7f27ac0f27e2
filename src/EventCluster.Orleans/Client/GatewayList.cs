using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Orleans.Messaging;

namespace EventCluster.Orleans.Client;

/// <summary>
/// The gateways that a publisher was told, instead of those in the membership: it needs no access to the database. Names are
/// looked up again and again, so that gateways may come and go behind one name. A name that cannot be looked up keeps what
/// it stood for the last time.
/// </summary>
/// <param name="gateways">What the publisher was told.</param>
/// <param name="resolve">Looks up a name.</param>
/// <param name="logger">The log.</param>
internal sealed partial class GatewayList(
    IReadOnlyList<GatewayAddress> gateways,
    Func<string, CancellationToken, Task<IPAddress[]>> resolve,
    ILogger<GatewayList> logger)
    : IGatewayListProvider
{
    /// <summary>Between two looks.</summary>
    public static readonly TimeSpan RefreshPeriod = TimeSpan.FromSeconds(5);

    /// <summary>Most gateways; a name that stands for more is cut.</summary>
    public const int MaxGateways = 256;

    /// <summary>How long a name may take to be looked up.</summary>
    private static readonly TimeSpan _resolveTimeout = TimeSpan.FromSeconds(5);

    private readonly Dictionary<string, IPAddress[]> _known = [];

    /// <inheritdoc />
    public TimeSpan MaxStaleness => RefreshPeriod;

    /// <inheritdoc />
    public bool IsUpdatable => true;

    /// <inheritdoc />
    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    /// <inheritdoc />
    public async Task<IList<Uri>> GetGateways()
    {
        var found = new List<Uri>();
        foreach (var gateway in gateways)
        {
            foreach (var address in await AddressesAsync(gateway.Host))
            {
                found.Add(new IPEndPoint(address, gateway.Port).ToGatewayUri());
            }
        }

        return [.. found.Distinct().Take(MaxGateways)];
    }

    private async Task<IPAddress[]> AddressesAsync(string host)
    {
        if (IPAddress.TryParse(host, out var address))
        {
            return [address];
        }

        try
        {
            using var limit = new CancellationTokenSource(_resolveTimeout, TimeProvider.System);
            var found = await resolve(host, limit.Token);
            if (found.Length > 0)
            {
                lock (_known)
                {
                    _known[host] = found;
                }

                return found;
            }

            LogUnknown(logger, host, "it stands for no address");
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            LogUnknown(logger, host, e.Message);
        }

        lock (_known)
        {
            return _known.GetValueOrDefault(host, []);
        }
    }

    [LoggerMessage(6080, LogLevel.Warning, "The gateways' name '{Host}' cannot be looked up, and what it stood for last counts on: {Reason}")]
    private static partial void LogUnknown(ILogger logger, string host, string reason);
}
