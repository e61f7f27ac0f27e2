using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace EventCluster.TestKit.Network;

/// <summary>
/// A network of this machine's own: a namespace for each node, joined by a bridge in one more, with one cable to the namespace of the
/// caller. Its faults are the kernel's: cables that are pulled, routes that lead nowhere, neighbours with a wrong address. Linux, root,
/// and the program <c>ip</c>.
/// </summary>
public sealed partial class NamespaceNetwork : IAsyncDisposable
{
    private const string Prefix = "ec-";
    private const string Bridge = "bridge";
    private const string Cable = "net";
    private const int FirstNode = 11;
    private const int FirstShared = 5;
    private const int Caller = 254;

    /// <summary>Nobody has it: what is sent to it reaches the bridge and ends there.</summary>
    private const string NobodysAddress = "02:00:00:00:00:00";

    private readonly string _id;
    private readonly string _subnet;
    private readonly List<string> _nodes;
    private readonly List<string> _mends = [];

    private NamespaceNetwork(int id, string subnet, IEnumerable<string> nodes)
    {
        (_id, _subnet, _nodes) = (id.ToString(CultureInfo.InvariantCulture), subnet, [.. nodes]);
    }

    /// <summary>Its nodes.</summary>
    public IReadOnlyList<string> Nodes => _nodes;

    private string Switch => $"{Prefix}{_id}-switch";

    private string Uplink => $"ec{_id}";

    /// <summary>Why there can be no such network here; null when there can.</summary>
    public static string? FindMissing()
    {
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess)
        {
            return "network namespaces need Linux and root.";
        }

        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, "ip")))
            ? null
            : "network namespaces need the program ip; as root on Debian: apt-get install -y --no-install-recommends iproute2";
    }

    /// <summary>Makes one. What an earlier process left behind that was killed is removed first.</summary>
    /// <exception cref="InvalidOperationException">The kernel or its privileges do not allow it.</exception>
    public static async Task<NamespaceNetwork> CreateAsync(IEnumerable<string> nodes)
    {
        await RemoveLeftoversAsync();
        var id = Environment.ProcessId;

        // 198.18.0.0/15 is for measurements of networks (RFC 2544), so no machine routes it. The process id chooses among runs side by side.
        var network = new NamespaceNetwork(id, $"198.{18 + (id / 250 % 2)}.{1 + (id % 250)}", nodes);
        try
        {
            await network.BuildAsync();
            return network;
        }
        catch
        {
            await network.DisposeAsync();
            throw;
        }
    }

    /// <summary>Where the others reach a node.</summary>
    public IPAddress AddressOf(string node) => IPAddress.Parse(Text(node));

    /// <summary>An address that is no node's own and can be given to one after the other.</summary>
    public IPAddress SharedAddress(int number) => IPAddress.Parse($"{_subnet}.{FirstShared + number}");

    /// <summary>The words before a command that is to run at a node.</summary>
    public IReadOnlyList<string> Enter(string node) => ["ip", "netns", "exec", NamespaceOf(node)];

    /// <summary>A node takes an address; nobody else may have it then.</summary>
    public Task TakeAsync(string node, IPAddress address) =>
        RunAsync([$"{At(NamespaceOf(node))} addr add {address}/24 dev {Cable}", .. Forget(address)]);

    /// <summary>A node gives an address away.</summary>
    public Task GiveAwayAsync(string node, IPAddress address) => RunAsync([$"{At(NamespaceOf(node))} addr del {address}/24 dev {Cable}"]);

    /// <summary>From now on nothing that one of <paramref name="from"/> sends arrives at any of <paramref name="to"/>.</summary>
    /// <param name="from">Nodes, or their shared addresses' holders.</param>
    /// <param name="to">Nodes.</param>
    /// <param name="how">How it is lost.</param>
    /// <param name="shared">Addresses beside their own at which the nodes of <paramref name="to"/> are reached.</param>
    public Task LoseAsync(IEnumerable<string> from, IReadOnlyCollection<string> to, LinkFault how, params IPAddress[] shared)
    {
        List<string> steps = [];
        foreach (var node in from)
        {
            foreach (var address in to.Select(Text).Concat(shared.Select(address => $"{address}")))
            {
                var (step, mend) = how switch
                {
                    LinkFault.Blackhole => ($"route replace blackhole {address}/32", $"route del blackhole {address}/32"),
                    LinkFault.Silence => (
                        $"neigh replace {address} lladdr {NobodysAddress} dev {Cable} nud permanent", $"neigh del {address} dev {Cable}"),
                    _ => throw new ArgumentOutOfRangeException(nameof(how), how, "A pulled cable cuts a node from all others: PullAsync."),
                };
                steps.Add($"{At(NamespaceOf(node))} {step}");
                _mends.Add($"{At(NamespaceOf(node))} {mend}");
            }
        }

        return RunAsync(steps);
    }

    /// <summary>Nothing arrives in either direction between two sides.</summary>
    public async Task CutAsync(IReadOnlyCollection<string> one, IReadOnlyCollection<string> other, LinkFault how, params IPAddress[] sharedByOther)
    {
        await LoseAsync(one, other, how, sharedByOther);
        await LoseAsync(other, one, how);
    }

    /// <summary>Pulls the cables of nodes at the bridge: their interfaces stay, without a carrier.</summary>
    public Task PullAsync(IReadOnlyCollection<string> nodes)
    {
        _mends.AddRange(nodes.Select(node => $"{At(Switch)} link set {PlugOf(node)} up"));
        return RunAsync([.. nodes.Select(node => $"{At(Switch)} link set {PlugOf(node)} down")]);
    }

    /// <summary>Ends all faults.</summary>
    public async Task HealAsync()
    {
        await RunAsync(_mends);
        _mends.Clear();
    }

    /// <summary>A client that connects from a node, as a program there would. Thread and process stay where they are.</summary>
    public HttpClient NewHttpAt(string node) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = NewSocketAt(node);
            try
            {
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    });

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // The cables end with the namespaces of their ends.
        foreach (var name in _nodes.Select(NamespaceOf).Append(Switch).Where(IsThere))
        {
            await RunAsync([$"netns del {name}"]);
        }
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int EnterNamespace(int file, int kind);

    /// <summary>A socket belongs to the namespace of the thread that made it, which ends with it here.</summary>
    private Socket NewSocketAt(string node)
    {
        Socket? socket = null;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var file = File.OpenHandle($"/run/netns/{NamespaceOf(node)}");
                if (EnterNamespace((int)file.DangerousGetHandle(), 0) != 0)
                {
                    throw new InvalidOperationException($"The namespace of {node}: {Marshal.GetLastPInvokeErrorMessage()}");
                }

                socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        return socket ?? throw new InvalidOperationException($"There is no socket at {node}.", failure);
    }

    private static bool IsThere(string name) => File.Exists($"/run/netns/{name}");

    private static async Task RemoveLeftoversAsync()
    {
        if (!Directory.Exists("/run/netns"))
        {
            return;
        }

        foreach (var name in Directory.EnumerateFiles("/run/netns", $"{Prefix}*").Select(Path.GetFileName))
        {
            if (!Directory.Exists($"/proc/{name!.Split('-')[1]}"))
            {
                await RunAsync([$"netns del {name}"]);
            }
        }
    }

    private static Task RunAsync(List<string> steps) =>
        steps.Count == 0 ? Task.CompletedTask : StartAsync(["ip", "-batch", "-"], string.Join('\n', steps) + "\n");

    private static async Task StartAsync(IReadOnlyList<string> words, string input)
    {
        var start = new ProcessStartInfo(words[0], words.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
        {
            throw new InvalidOperationException($"{string.Join(' ', words)} {input}ended with {process.ExitCode}: {await errors}{await output}");
        }
    }

    private async Task BuildAsync()
    {
        List<string> steps =
        [
            $"netns add {Switch}",
            $"{At(Switch)} link set lo up",
            $"{At(Switch)} link add {Bridge} type bridge",
            $"{At(Switch)} link set {Bridge} up",
            $"link add {Uplink} type veth peer name uplink netns {Switch}",
            $"{At(Switch)} link set uplink master {Bridge} up",
            $"addr add {_subnet}.{Caller}/24 dev {Uplink}",
            $"link set {Uplink} up",
        ];
        foreach (var node in _nodes)
        {
            var name = NamespaceOf(node);
            steps.AddRange(
            [
                $"netns add {name}",
                $"{At(name)} link set lo up",
                $"{At(Switch)} link add {PlugOf(node)} type veth peer name {Cable} netns {name}",
                $"{At(Switch)} link set {PlugOf(node)} master {Bridge} up",
                $"{At(name)} addr add {Text(node)}/24 dev {Cable}",
                $"{At(name)} link set {Cable} up",
            ]);
        }

        await RunAsync(steps);
    }

    /// <summary>Nobody may still know who had an address: its new holder would not be found for a while.</summary>
    private IEnumerable<string> Forget(IPAddress address) =>
        _nodes.Select(node => $"{At(NamespaceOf(node))} neigh flush to {address} dev {Cable}").Append($"neigh flush to {address} dev {Uplink}");

    private static string At(string name) => $"netns exec {name} ip";

    private string Text(string node) => $"{_subnet}.{FirstNode + Number(node)}";

    private string PlugOf(string node) => $"plug{Number(node)}";

    private string NamespaceOf(string node) => $"{Prefix}{_id}-{Number(node)}";

    private int Number(string node) => _nodes.IndexOf(node) is >= 0 and var number
        ? number
        : throw new ArgumentException($"'{node}' is none of {string.Join(", ", _nodes)}.", nameof(node));
}
