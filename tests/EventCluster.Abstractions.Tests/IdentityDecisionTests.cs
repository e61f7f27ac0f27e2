using EventCluster.Abstractions.Store;
using Xunit;

namespace EventCluster.Abstractions.Tests;

/// <summary>Every case of a start: what the data carry, where they are, who runs, what the operator says.</summary>
public sealed class IdentityDecisionTests
{
    private const string Here = "system identifier 1, database oid 1";

    /// <summary>The timeline is not among the questions: a promoted standby is the same store.</summary>
    [Theory]
    [InlineData(null, false, 0, IdentityVerdict.Draw)]
    [InlineData(null, false, 1, IdentityVerdict.Draw)]
    [InlineData(null, true, 0, IdentityVerdict.Renew)]
    [InlineData(null, true, 1, IdentityVerdict.RefuseRunning)]
    [InlineData("system identifier 1, database oid 1", false, 0, IdentityVerdict.Keep)]
    [InlineData("system identifier 1, database oid 1", false, 2, IdentityVerdict.Keep)]
    [InlineData("system identifier 1, database oid 1", true, 0, IdentityVerdict.Renew)]
    [InlineData("system identifier 1, database oid 1", true, 1, IdentityVerdict.RefuseRunning)]
    [InlineData("system identifier 2, database oid 1", false, 0, IdentityVerdict.RefuseCopy)]
    [InlineData("system identifier 2, database oid 1", false, 2, IdentityVerdict.RefuseCopy)]
    [InlineData("system identifier 2, database oid 1", true, 0, IdentityVerdict.Renew)]
    [InlineData("system identifier 2, database oid 1", true, 1, IdentityVerdict.RefuseRunning)]
    [InlineData("system identifier 1, database oid 2", false, 0, IdentityVerdict.RefuseCopy)]
    [InlineData("system identifier 1, database oid 2", true, 0, IdentityVerdict.Renew)]
    [InlineData("system identifier 1, database oid 2", true, 3, IdentityVerdict.RefuseRunning)]
    [InlineData("system identifier 2, database oid 2", false, 0, IdentityVerdict.RefuseCopy)]
    [InlineData("system identifier 2, database oid 2", true, 0, IdentityVerdict.Renew)]
    [InlineData("", false, 0, IdentityVerdict.RefuseCopy)]
    public void Decide_EveryCase_HasOneAnswer(string? recorded, bool restored, int running, IdentityVerdict expected)
    {
        var identity = recorded is null ? null : StoreIdentity.Draw(recorded);

        Assert.Equal(expected, IdentityDecision.Decide(identity, Here, restored, [.. Enumerable.Repeat("node", running)]));
    }

    [Fact]
    public void Draw_Twice_DiffersAndIsThirtyTwoHexadecimalDigits()
    {
        var (one, two) = (StoreIdentity.Draw(Here), StoreIdentity.Draw(Here));

        Assert.NotEqual(one.Id, two.Id);
        Assert.Matches("^[0-9a-f]{32}$", one.Id);
    }

    [Fact]
    public void Describe_EveryRefusal_IsOneLineThatNamesWhatWasFoundAndWhatToDo()
    {
        var recorded = new StoreIdentity("0123", "there");

        var copy = IdentityDecision.DescribeCopy("The schema 's'", recorded, "here");
        var running = IdentityDecision.DescribeRunning("The schema 's'", ["backlog-0", "edge-1"]);
        var exchanged = IdentityDecision.DescribeExchanged("The schema 's'", recorded, "4567", "here");
        var gone = IdentityDecision.DescribeExchanged("The schema 's'", recorded, found: null, medium: null);

        Assert.All(["'s'", "0123", "there", "here", "--restored"], part => Assert.Contains(part, copy, StringComparison.Ordinal));
        Assert.All(["'s'", "backlog-0", "edge-1", "Stop them"], part => Assert.Contains(part, running, StringComparison.Ordinal));
        Assert.All(["'s'", "0123", "4567", "there", "here"], part => Assert.Contains(part, exchanged, StringComparison.Ordinal));
        Assert.Contains("no identity", gone, StringComparison.Ordinal);
        Assert.All([copy, running, exchanged, gone], line => Assert.DoesNotContain('\n', line));
    }

    [Theory]
    [InlineData("a", "here", true)]
    [InlineData("a", null, true)]
    [InlineData("b", "here", false)]
    [InlineData(null, null, false)]
    [InlineData("a", "there", false)]
    [InlineData("b", "there", false)]
    public void Guard_OnceAnotherIdentityWasSeen_SaysSoForGood(string? id, string? medium, bool passes)
    {
        var guard = new IdentityGuard("The table 't'");
        Assert.Null(guard.Check(id, medium));
        guard.Expect(new StoreIdentity("a", "here"));

        Assert.Equal(passes, guard.Check(id, medium) is null);
        Assert.Equal(passes, guard.Fault is null);
        guard.Check("a", "here");
        Assert.Equal(passes, guard.Fault is null);
    }
}
