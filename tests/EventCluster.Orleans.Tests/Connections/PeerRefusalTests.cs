using EventCluster.Orleans.Connections;
using Xunit;

namespace EventCluster.Orleans.Tests.Connections;

/// <summary>What makes a start hopeless.</summary>
public sealed class PeerRefusalTests
{
    /// <summary>Goal: one word of another silo is enough; connections that break off are not, unless it happens again and again.</summary>
    [Theory]
    [InlineData("r", true)]
    [InlineData("", false)]
    [InlineData("b", false)]
    [InlineData("bb", false)]
    [InlineData("bbb", true)]
    [InlineData("bbpbb", false)]
    [InlineData("bbpbbb", true)]
    [InlineData("bpr", true)]
    public void First_IsDoneByARefusalOrByBrokenConnectionsInARow(string story, bool isDone)
    {
        var refusals = new PeerRefusals();
        foreach (var step in story)
        {
            switch (step)
            {
                case 'p':
                    refusals.NotePassed();
                    break;
                default:
                    refusals.Note("a reason", isBrokenOff: step == 'b');
                    break;
            }
        }

        Assert.Equal(isDone, refusals.First.IsCompleted);
    }
}
