using System.Collections.Immutable;
using System.Net;
using EventCluster.Abstractions.Store;
using EventCluster.Orleans.Connections;
using EventCluster.TestKit;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace EventCluster.Orleans.Tests.Connections;

/// <summary>Two silos talk only when each finds in its store what the other wrote into its own.</summary>
public sealed class SameStoreStepTests
{
    private const string Canary = "canary-0123456789abcdef0123456789abcdef";

    private static readonly SiloAddress _connectorAddress = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1001), 5);
    private static readonly SiloAddress _acceptorAddress = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1002), 7);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>What a store of one end can see of what the other end's wrote, which fault it has, and what comes of it.</summary>
    public static TheoryData<string, string?> Stores => new()
    {
        { "one", null },
        { "copies", "different stores" },
        { "only the connector's sees both", "different stores" },
        { "only the acceptor's sees both", "different stores" },
        { "other identities", "different identities" },
        { "the connector's cannot write", "did not answer" },
        { "the acceptor's cannot write", "did not answer" },
        { "the connector's cannot be asked", "did not answer" },
        { "the acceptor's cannot be asked", "did not answer" },
    };

    [Theory]
    [MemberData(nameof(Stores))]
    public async Task Handshake_PassesOnlyWhenBothFindTheOthersValue(string stores, string? refusal)
    {
        var (left, right) = (new Values(), new Values());
        var (mine, theirs) = stores switch
        {
            "one" => (new StubStore(left, left), new StubStore(left, left)),
            "copies" => (new StubStore(left, left), new StubStore(right, right)),
            "only the connector's sees both" => (new StubStore(left, left, right), new StubStore(right, right)),
            "only the acceptor's sees both" => (new StubStore(left, left), new StubStore(right, left, right)),
            "other identities" => (new StubStore(left, left), new StubStore(left, left) { Id = "another" }),
            "the connector's cannot write" => (new StubStore(left, left) { FailsWrites = true }, new StubStore(left, left)),
            "the acceptor's cannot write" => (new StubStore(left, left), new StubStore(left, left) { FailsWrites = true }),
            "the connector's cannot be asked" => (new StubStore(left, left) { FailsReads = true }, new StubStore(left, left)),
            _ => (new StubStore(left, left), new StubStore(left, left) { FailsReads = true }),
        };

        var (connector, acceptor, _) = await RunAsync(mine, theirs, SiloStatus.Joining, named: _acceptorAddress);

        Assert.Equal(refusal is null ? 1 : 0, connector.Passed);
        Assert.Equal(refusal is null ? 1 : 0, acceptor.Passed);
        if (refusal is not null)
        {
            Assert.Contains(connector.Lines, line => line.Contains(refusal, StringComparison.Ordinal));
            Assert.Contains(acceptor.Lines, line => line.Contains(refusal, StringComparison.Ordinal));
        }

        // A store that does not answer is an outage: a start goes on trying.
        Assert.Equal(refusal is not null and not "did not answer", connector.Refusals.First.IsCompleted);

        // Nothing is left behind, whatever the outcome.
        Assert.Empty(left.All);
        Assert.Empty(right.All);
    }

    /// <summary>
    /// Who ends: only one that has not joined, and only when its own membership names the place that answers. Everybody else refuses
    /// a connection and goes on, or a stray copy would end production.
    /// </summary>
    [Theory]
    [InlineData("copies", SiloStatus.Joining, 7, SiloStatus.Active, true)]
    [InlineData("copies", SiloStatus.Created, 7, SiloStatus.Active, true)]
    [InlineData("copies", null, 7, SiloStatus.Active, true)]
    [InlineData("copies", SiloStatus.Joining, 3, SiloStatus.Active, true)]
    [InlineData("copies", SiloStatus.Joining, 7, SiloStatus.Dead, false)]
    [InlineData("copies", SiloStatus.Joining, 9, SiloStatus.Active, false)]
    [InlineData("copies", SiloStatus.Joining, null, SiloStatus.Active, false)]
    [InlineData("copies", SiloStatus.Active, 7, SiloStatus.Active, false)]
    [InlineData("copies", SiloStatus.ShuttingDown, 7, SiloStatus.Active, false)]
    [InlineData("one", SiloStatus.Joining, 7, SiloStatus.Active, false)]
    [InlineData("away", SiloStatus.Joining, 7, SiloStatus.Active, false)]
    public async Task Handshake_WithACopy_EndsOnlyWhoComesLater(
        string stores, SiloStatus? own, int? namedGeneration, SiloStatus namedStatus, bool ends)
    {
        var (left, right) = (new Values(), new Values());
        var mine = new StubStore(left, left) { FailsReads = stores == "away" };
        var theirs = stores == "copies" ? new StubStore(right, right) : new StubStore(left, left);
        var named = namedGeneration is { } generation ? SiloAddress.New(_acceptorAddress.Endpoint, generation) : null;

        var (_, _, step) = await RunAsync(mine, theirs, own, named, namedStatus);

        Assert.Equal(ends, step.StartedOnACopy.IsCompleted);
        if (ends)
        {
            var line = await step.StartedOnACopy;
            Assert.All(["127.0.0.1:1002", "named", "--restored"], part => Assert.Contains(part, line, StringComparison.Ordinal));
            Assert.DoesNotContain('\n', line);
        }
    }

    [Theory]
    [InlineData(ClusterPort.Silo, true)]
    [InlineData(ClusterPort.Gateway, false)]
    public void AppliesTo_ConnectionsBetweenSilosOnly(ClusterPort port, bool applies) =>
        Assert.Equal(applies, new SameStoreStep(new ServiceCollection().BuildServiceProvider()).AppliesTo(port));

    private static async Task<(HandshakeEnd Connector, HandshakeEnd Acceptor, SameStoreStep Step)> RunAsync(
        StubStore mine, StubStore theirs, SiloStatus? own, SiloAddress? named, SiloStatus namedStatus = SiloStatus.Active)
    {
        var members = new Dictionary<SiloAddress, ClusterMember>();
        if (own is { } status)
        {
            members[_connectorAddress] = new ClusterMember(_connectorAddress, status, "own");
        }

        if (named is not null)
        {
            members[named] = new ClusterMember(named, namedStatus, "named");
        }

        var step = StepOf(mine, _connectorAddress, members);
        var connector = new HandshakeEnd(ClusterPort.Silo, Canary, steps: [step]);
        var acceptor = new HandshakeEnd(ClusterPort.Silo, Canary, steps: [StepOf(theirs, _acceptorAddress, [])]);
        var (one, other) = PipeConnection.Pair();
        var accepting = acceptor.AcceptAsync(other);
        await Phase.OfAsync("the connector is done", connector.ConnectAsync(one));
        one.End();
        await Phase.OfAsync("the acceptor is done", accepting);
        return (connector, acceptor, step);
    }

    private static SameStoreStep StepOf(StubStore store, SiloAddress own, Dictionary<SiloAddress, ClusterMember> members) => new(
        new ServiceCollection()
            .AddSingleton<IStoreIdentity>(store)
            .AddSingleton<ILocalSiloDetails>(new StubDetails(own))
            .AddSingleton<IClusterMembershipService>(new StubMembership(members))
            .BuildServiceProvider());

    private sealed class Values
    {
        public HashSet<Guid> All { get; } = [];
    }

    private sealed class StubStore(Values written, params Values[] seen) : IStoreIdentity
    {
        public string Id { get; init; } = "same";

        public bool FailsWrites { get; init; }

        public bool FailsReads { get; init; }

        public StoreIdentity Identity => new(Id, "somewhere");

        public ValueTask WriteProofAsync(Guid value, CancellationToken cancellationToken)
        {
            Fail(FailsWrites);
            lock (written.All)
            {
                written.All.Add(value);
            }

            return ValueTask.CompletedTask;
        }

        public ValueTask<bool> HasProofAsync(Guid value, CancellationToken cancellationToken)
        {
            Fail(FailsReads);
            return ValueTask.FromResult(seen.Any(values =>
            {
                lock (values.All)
                {
                    return values.All.Contains(value);
                }
            }));
        }

        public ValueTask RemoveProofAsync(Guid value, CancellationToken cancellationToken)
        {
            lock (written.All)
            {
                written.All.Remove(value);
            }

            return ValueTask.CompletedTask;
        }

        private static void Fail(bool fails)
        {
            if (fails)
            {
                throw new StoreUnreachableException("away");
            }
        }
    }

    private sealed class StubDetails(SiloAddress own) : ILocalSiloDetails
    {
        public string Name => "own";

        public string ClusterId => "north";

        public string DnsHostName => "localhost";

        public SiloAddress SiloAddress => own;

        public SiloAddress GatewayAddress => own;
    }

    private sealed class StubMembership(Dictionary<SiloAddress, ClusterMember> members) : IClusterMembershipService
    {
        public ClusterMembershipSnapshot CurrentSnapshot { get; } = new(members.ToImmutableDictionary(), new MembershipVersion(1));

        public IAsyncEnumerable<ClusterMembershipSnapshot> MembershipUpdates => throw new NotSupportedException();

        public ValueTask Refresh(MembershipVersion minimumVersion = default, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<bool> TryKill(SiloAddress siloAddress) => throw new NotSupportedException();
    }
}
