using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Streams;
using EventCluster.Core.InMemory;
using EventCluster.Protocol;
using EventCluster.TestKit;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace EventCluster.Core.Tests.Running;

/// <summary>CORRECTNESS rule 28: a store that lost commits is noticed, and no offset stands for two events.</summary>
public sealed class LostCommitTests : IAsyncDisposable
{
    private readonly InMemoryLogStore _standby = new(new InMemoryLogStoreOptions());
    private readonly ReplicatedLogStore _medium;
    private readonly FaultyLogStore _store;
    private readonly List<LocalStreamDirectory> _directories = [];
    private readonly VirtualTimeProvider _clock = new();

    public LostCommitTests()
    {
        _medium = new ReplicatedLogStore(new InMemoryLogStore(new InMemoryLogStoreOptions()), _standby);
        _store = new FaultyLogStore(_medium, new Random(1));
    }

    /// <summary>What the owner of the stream goes through before the standby is promoted, or after.</summary>
    public enum Owner
    {
        /// <summary>It is idle and notices with its next command.</summary>
        Idle,

        /// <summary>Its next commit lands nowhere and is not answered.</summary>
        Unanswered,

        /// <summary>The store does not answer meanwhile, so that the owner ends.</summary>
        Ended,

        /// <summary>The first commit of the new incarnation is refused.</summary>
        RestartFull,

        /// <summary>The first commit of the new incarnation has an unknown outcome and did not land.</summary>
        RestartLost,

        /// <summary>The first commit of the new incarnation has an unknown outcome and landed.</summary>
        RestartLanded,
    }

    public static TheoryData<Owner, bool> Cases
    {
        get
        {
            TheoryData<Owner, bool> cases = [];
            foreach (var owner in Enum.GetValues<Owner>())
            {
                cases.Add(owner, true);
                cases.Add(owner, false);
            }

            return cases;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var directory in _directories)
        {
            await directory.DisposeAsync();
        }

        await _store.DisposeAsync();
        await _standby.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Append_AfterAcknowledgedCommitsWereLost_IsNewAndTheLostAreAGap(Owner owner, bool mediumTells)
    {
        var stream = NewDirectory(1).GetStream(TestData.Name("s"));
        await stream.NewAsync();
        await stream.PutAsync("a");
        var kept = (await stream.PutAsync("b")).Next;
        _medium.FallBehind();
        List<StreamOffset> lost = [(await stream.PutAsync("c")).Next, (await stream.PutAsync("d")).Next];
        var waiting = owner == Owner.Idle ? stream.WaitAsync(lost[^1]) : null;

        await LoseAsync(stream, owner, mediumTells);
        var next = (await AppendAsync(stream, "e")).Next;

        Assert.DoesNotContain(next, lost);
        foreach (var position in lost)
        {
            var gap = await stream.GapAsync(position);
            Assert.Equal(GapReason.Recreated, gap.Reason);
        }

        Assert.Equal(["e"], (await stream.BatchAsync(kept)).Texts());
        Assert.Equal(["a", "b", "e"], await stream.TextsAsync());
        if (waiting is not null)
        {
            var woken = Assert.IsType<ReadOutcome.Gap>(await Phase.OfAsync("the waiting read ends", waiting));
            Assert.Equal(GapReason.Recreated, woken.Info.Reason);
        }
    }

    /// <summary>Goal: an orderly switchover shows no gap. Method: nothing was lost, but the medium cannot know.</summary>
    [Theory]
    [InlineData(Owner.Idle)]
    [InlineData(Owner.Unanswered)]
    [InlineData(Owner.Ended)]
    public async Task Append_NothingWasLost_AllPositionsStayValid(Owner owner)
    {
        var stream = NewDirectory(1).GetStream(TestData.Name("s"));
        await stream.NewAsync();
        List<StreamOffset> positions = [(await stream.PutAsync("a")).Next, (await stream.PutAsync("b")).Next];

        await LoseAsync(stream, owner, mediumTells: true);
        positions.Add((await AppendAsync(stream, "c")).Next);
        positions.Add((await AppendAsync(NewDirectory(2).GetStream(stream.Name), "d")).Next);

        Assert.Equal(positions.Count, positions.Distinct().Count());
        var reader = NewDirectory(3).GetStream(stream.Name);
        for (var i = 0; i < positions.Count; i++)
        {
            Assert.Equal(3 - i, (await reader.BatchAsync(positions[i])).Texts().Length);
        }
    }

    /// <summary>Goal: the store's word is not forgotten by a reader. Method: only reads open the stream; then another node appends.</summary>
    [Fact]
    public async Task Read_FirstAfterAFailover_BeginsTheIncarnation()
    {
        var stream = NewDirectory(1).GetStream(TestData.Name("s"));
        await stream.NewAsync();
        var kept = (await stream.PutAsync("a")).Next;
        _medium.FallBehind();
        var lost = (await stream.PutAsync("b")).Next;
        _standby.NoteFailover();
        _medium.Promote();

        var reader = NewDirectory(2).GetStream(stream.Name);
        var gap = await reader.GapAsync(lost);
        Assert.Equal(GapReason.Recreated, gap.Reason);
        Assert.Empty((await reader.BatchAsync(kept)).Slices);
        Assert.Equal(2, (await _standby.GetHeadAsync(stream.Name, TestContext.Current.CancellationToken))!.Incarnations.Count);
        Assert.NotEqual(lost, (await AppendAsync(NewDirectory(3).GetStream(stream.Name), "c")).Next);
    }

    [Fact]
    public async Task Create_AfterItsCreationWasLost_GetsAnotherIncarnation()
    {
        var directory = NewDirectory(1);
        await directory.GetStream(TestData.Name("other")).NewAsync();
        _medium.FallBehind();
        var stream = directory.GetStream(TestData.Name("s"));
        await stream.NewAsync();
        var lost = (await stream.PutAsync("a")).Next;
        _medium.Promote();

        Assert.IsNotType<AppendOutcome.Appended>(await stream.SendAsync(new AppendRequest { Events = TestData.Payloads("b") }));
        await stream.NewAsync();
        Assert.NotEqual(lost, (await stream.PutAsync("c")).Next);
        Assert.Equal(GapReason.Recreated, (await stream.GapAsync(lost)).Reason);
    }

    private async Task LoseAsync(IStreamHandle stream, Owner owner, bool mediumTells)
    {
        if (owner == Owner.Ended)
        {
            _store.IsUnreachable = true;
            Assert.IsType<AppendOutcome.Unavailable>(await stream.SendAsync(new AppendRequest { Events = TestData.Payloads("x") }));
            _store.IsUnreachable = false;
        }

        if (mediumTells)
        {
            _standby.NoteFailover();
        }

        _medium.Promote();
        var restart = owner switch
        {
            Owner.RestartFull => CommitFault.Full,
            Owner.RestartLost => CommitFault.FailBefore,
            Owner.RestartLanded => CommitFault.FailAfter,
            _ => CommitFault.None,
        };

        // The owner's own commit comes first: it meets the conflict, or is not answered.
        _store.Plan(owner == Owner.Unanswered ? CommitFault.FailBefore : CommitFault.None, restart);
    }

    private static async Task<AppendOutcome.Appended> AppendAsync(IStreamHandle stream, string text)
    {
        for (var i = 0; i < 5; i++)
        {
            if (await stream.SendAsync(new AppendRequest { Events = TestData.Payloads(text) }) is AppendOutcome.Appended appended)
            {
                return appended;
            }
        }

        throw new InvalidOperationException("The append does not go on.");
    }

    private LocalStreamDirectory NewDirectory(int seed)
    {
        var directory = new LocalStreamDirectory(
            _store, new LocalStreamDirectoryOptions(), _clock, new Random(seed), NullLogger<LocalStreamDirectory>.Instance);
        _directories.Add(directory);
        return directory;
    }
}
